/**
 * Runs the shipped model with `fourm.ts` alone: picture to depth and caption, a step of ROAR, and the loss of a masked sample. In
 * a checkout:
 *
 *     node --import tsx examples/one-file/main.ts
 */
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../backends/index.js';
import { loadWordPiece } from '../../src/tokenizers/text/word-piece.js';
import { toyboxSample } from '../../src/toybox/index.js';
import { autoregressive, imageTokens, loss, maskgit, maskSample, readModel, roarStep, textTokens } from './fourm.js';

await useBackend('wasm');
const folder = new URL('../../models/toybox/', import.meta.url);
const model = readModel(await readFile(new URL('model.safetensors', folder)));
const text = loadWordPiece(JSON.parse(await readFile(new URL('text.json', folder), 'utf8')));
const scene = toyboxSample(7, { size: 64, people: false });
const greedy = { temperature: 0, random: Math.random };

console.log('the scene:', scene.caption);
const rgb = imageTokens('rgb@64', scene.rgb.data, 64, 8);

const depth = await maskgit(model, [rgb], 'tok_depth@64', { count: 64, steps: 8, ...greedy });
console.log('tokens of its depth map:', depth.join(' '));

const caption = await autoregressive(model, [rgb], 'caption', text, { length: 48, ...greedy });
console.log('caption:', text.decode(caption));

const none = { modality: 'tok_semseg@64', positions: [], ids: [] };
const four = await roarStep(model, [rgb], none, [0, 21, 42, 63], greedy);
console.log('four tokens of its class map:', four.ids?.join(' '));

const positions = Array.from({ length: 64 }, (_, i) => i);
const all = [
  rgb,
  { modality: 'tok_depth@64', positions, ids: depth },
  textTokens('caption', text.encode(scene.caption)),
];
const masked = maskSample(all, { inputs: 64, targets: 64 }, text, Math.random);
const [value] = await tf.tidy(() => loss(model, masked)).data();
console.log('loss of a masked sample:', value?.toFixed(2), 'nats a token');
