/**
 * Encode an image to tokens, and decode them: a depth map of the toybox, 64 × 64 numbers, becomes 64 of 512 codes and comes back.
 *
 *     node examples/encode-decode.js [folder]
 */
import { join } from 'node:path';
import { loadModel, useBackend } from 'fourm';
import { toyboxSample } from 'fourm/toybox';

const folder = process.argv[2] ?? '.';
await useBackend('wasm');
const model = await loadModel('toybox');

const { depth } = toyboxSample(7, { size: 64, people: false });
const [decoded] = await model.reconstruct('depth', [depth]);
console.log('tokens:', decoded.tokens.join(' '));

const error = depth.data.reduce((sum, metres, i) => sum + Math.abs(metres - decoded.values.data[i]), 0);
console.log(`mean error: ${(error / depth.data.length).toFixed(3)} m`);
console.log('written:', await decoded.save(join(folder, 'decoded.png')));
await model.dispose();
