/**
 * Retrieve pictures by text: how likely is the text as the caption of each picture? The decoder gives the probability of every next
 * token in one pass, so the score is a cross-entropy, as in training. A model that knows global embeddings can compare those
 * instead (`recipes.predictEmbeddings` and `recipes.retrieve`), which stay the same for every query.
 *
 *     node examples/retrieve-by-text.js ["a red ball"]
 */
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { checkpoints, nn, Random, tokenizers, transformer, useBackend } from 'fourm';
import { maskSample } from 'fourm/masking';
import { toyboxSample, toyboxSeed } from 'fourm/toybox';

const QUERY = process.argv[2] ?? 'a red ball';
await useBackend('wasm');
const read = (name) => readFile(new URL(`../models/toybox/${name}`, import.meta.url));
const { infos } = JSON.parse(await read('fourm.json'));
const vocabulary = tokenizers.loadWordPiece(JSON.parse(await read('text.json')));
const file = checkpoints.readSafetensors(await read('model.safetensors'));
const config = transformer.parseFourMConfig(checkpoints.parseConfig(file.metadata));
const model = transformer.buildFourM(config, Object.fromEntries(infos.map((info) => [info.name, info])));
await nn.loadParameters(model.parameters.all, file);

// The whole picture is input, and the whole caption is target.
const pair = ['rgb@64', 'caption'].map((name) => infos.find((info) => info.name === name));
const masked = maskSample(
  { 'rgb@64': { kind: 'pixels' }, caption: { kind: 'sequence', tokens: vocabulary.encode(QUERY) } },
  pair,
  {
    inputTokens: 64,
    targetTokens: 64,
    mixture: [{ weight: 1, inputAlphas: { 'rgb@64': 1 }, targetAlphas: { caption: 1 } }],
    vocabulary,
  },
  new Random(0),
);

/** Log-probability of a token of the query, on average. */
async function score(rgb) {
  // [C, H, W] from -1 to 1
  const pixels = Float32Array.from({ length: 3 * 4096 }, (_, i) => rgb.data[(i % 4096) * 3 + (i >> 12)] / 127.5 - 1);
  const batch = { size: 1, modalities: { ...masked, 'rgb@64': { ...masked['rgb@64'], pixels } } };
  const loss = tf.tidy(
    () => transformer.fourMLoss(model, batch, { decoderOrder: ['caption'], lossType: 'token' }).loss,
  );
  const [nats] = await loss.data();
  loss.dispose();
  return -nats;
}

const gallery = Array.from({ length: 32 }, (_, i) => toyboxSample(toyboxSeed('test', i), { size: 64, people: false }));
const scores = [];
for (const { rgb } of gallery) scores.push(await score(rgb));
const ranking = [...gallery.keys()].sort((a, b) => scores[b] - scores[a]);
console.log(`"${QUERY}"`);
for (const i of ranking.slice(0, 5)) console.log(`${scores[i].toFixed(2)}  test scene ${i}: ${gallery[i].caption}`);
