/**
 * Edit a region: the middle of a picture is masked and generated anew, by a caption and by what is around it.
 *
 *     node examples/edit-region.js [folder]
 */
import { join } from 'node:path';
import { loadModel, useBackend } from 'fourm';
import { toyboxSample } from 'fourm/toybox';

const folder = process.argv[2] ?? '.';
const SIZE = 64;
await useBackend('wasm');
const model = await loadModel('toybox');

const { rgb } = toyboxSample(7, { size: SIZE, people: false });
// 0 where the picture is not given: patches that are partly masked are generated too.
const data = new Uint8Array(SIZE * SIZE).fill(255);
for (let y = 16; y < 48; y++) data.fill(0, y * SIZE + 16, y * SIZE + 48);
const known = { width: SIZE, height: SIZE, channels: 1, data };

const inputs = { rgb: { image: rgb, known }, caption: 'a green ball' };
const { rgb: edited } = await model.generate(inputs, { to: ['rgb'], seed: 1 });
console.log('written:', await edited.save(join(folder, 'edited.png')));
await model.dispose();
