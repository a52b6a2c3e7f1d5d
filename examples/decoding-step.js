/**
 * One step of ROAR by hand, from the parts of the library: pick masked positions at random, run encoder and decoder, take the most
 * likely token of each, and make it input of the next step. Sixteen tokens a step fill the 8 × 8 grid of a depth map in four.
 *
 *     node examples/decoding-step.js [seed]
 */
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { checkpoints, decoding, nn, Random, transformer, useBackend } from 'fourm';
import { toyboxSample } from 'fourm/toybox';

const TARGET = 'tok_depth@64';
await useBackend('wasm');
const read = (name) => readFile(new URL(`../models/toybox/${name}`, import.meta.url));
const { infos } = JSON.parse(await read('fourm.json'));
const byName = Object.fromEntries(infos.map((info) => [info.name, info]));
const file = checkpoints.readSafetensors(await read('model.safetensors'));
const model = transformer.buildFourM(transformer.parseFourMConfig(checkpoints.parseConfig(file.metadata)), byName);
await nn.loadParameters(model.parameters.all, file);

// The picture is input, as [C, H, W] from -1 to 1. All tokens of the depth map are masked.
const { rgb } = toyboxSample(7, { size: 64, people: false });
const pixels = Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => rgb.data[(i % 4096) * 3 + (i >> 12)] / 127.5 - 1);
const depth = decoding.emptyImageTarget(byName[TARGET], 1);
const batch = {
  size: 1,
  modalities: { 'rgb@64': decoding.fullImage(byName['rgb@64'], 1, { pixels }), [TARGET]: depth },
};

async function step(positions) {
  // Only the chosen positions are targets, so that the decoder computes no others. Each attends to all of them: the compressed
  // attention mask has their number at the first.
  depth.targetMask.fill(1);
  depth.decoderAttentionMask.fill(0);
  for (const position of positions) depth.targetMask[position] = 0;
  depth.decoderAttentionMask[positions[0]] = positions.length;

  const best = tf.tidy(() => {
    const { output } = transformer.forward(model, batch, { decoderOrder: [TARGET] }); // [1, M, D]
    return tf.argMax(transformer.targetLogits(model.decoderEmbeddings[TARGET], output), -1); // [1, M]
  });
  const ids = await best.data();
  best.dispose();
  positions.forEach((position, i) => {
    depth.ids[position] = ids[i];
    depth.inputMask[position] = 0; // from now on input
  });
}

const order = new Random(Number(process.argv[2] ?? 0)).permutation(64);
for (let start = 0; start < 64; start += 16) {
  await step(Array.from(order.slice(start, start + 16)).sort((a, b) => a - b));
  console.log(`\nafter step ${start / 16 + 1}:`);
  const cells = Array.from(depth.ids, (id, i) => (depth.inputMask[i] ? '·' : String(id)).padStart(4));
  for (let row = 0; row < 64; row += 8) console.log(cells.slice(row, row + 8).join(''));
}
