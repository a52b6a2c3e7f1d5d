/**
 * Transfer of the encoder alone to a new task: counting solids. The encoder of a 4M model is a vision transformer whose weights are in
 * the model's checkpoint; a linear layer on the mean of its patches gives a logit for each number, and both are trained together:
 * once from the weights of the shipped model, and once from random ones.
 *
 *     node examples/transfer.js [folder] [steps]
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { checkpoints, nn, Random, training, transformer, useBackend } from 'fourm';
import { contactSheet, encodePng } from 'fourm/media';
import { toyboxSample, toyboxSeed } from 'fourm/toybox';

const [folder = '.', steps = '150'] = process.argv.slice(2);
const total = Number(steps);
const [BATCH, TRAINING_SCENES, TEST_SCENES, NUMBERS, SHOWN] = [16, 500, 200, 5, 10];
await useBackend('auto');

const file = checkpoints.readSafetensors(
  await readFile(new URL('../models/toybox/model.safetensors', import.meta.url)),
);

/** A scene as [C, H, W] from -1 to 1, and its number of solids. */
function scene(split, index) {
  const { rgb, scene } = toyboxSample(toyboxSeed(split, index), { size: 64, people: false });
  const pixels = Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => rgb.data[(i % 4096) * 3 + (i >> 12)] / 127.5 - 1);
  return { rgb, pixels, count: scene.solids.length };
}
const joined = (scenes) => Float32Array.from(scenes.flatMap(({ pixels }) => [...pixels]));
const data = Array.from({ length: Math.min(TRAINING_SCENES, total * BATCH) }, (_, i) => scene('train', i));
const tests = Array.from({ length: TEST_SCENES }, (_, i) => scene('test', i));

/** Trains an encoder with a linear layer. @returns the counts of the test scenes */
async function counts(weights) {
  const encoder = transformer.buildFmVit(transformer.parseFmVitConfig(checkpoints.parseConfig(file.metadata)));
  if (weights === 'shipped') await nn.loadParameters(encoder.parameters.all, file);
  else for (const parameter of encoder.parameters.all) parameter.initialize(new Random(1));
  // One list of all that is trained: the encoder's parameters, and the matrix of the head.
  const parameters = new nn.ParameterList('', [...encoder.parameters.all]);
  const head = parameters.add('head', [NUMBERS, encoder.config.dim], { init: (values) => values.fill(0) });
  head.initialize(new Random(0));

  /** Logits of the numbers of solids, [B, 5]. */
  function logits(images) {
    const features = transformer.fmVit(encoder, images, images.length / (3 * 64 * 64)); // [B, 64, D]
    return tf.matMul(tf.mean(features, 1), head.value, false, true);
  }
  const task = {
    parameters,
    trained: parameters.all.filter(({ trainable }) => trainable),
    async step(random, differentiate) {
      const batch = Array.from({ length: BATCH }, () => random.pick(data));
      const truth = Int32Array.from(batch, ({ count }) => count);
      return { loss: await differentiate(() => nn.crossEntropy(logits(joined(batch)), truth)) };
    },
  };
  await training.train(
    task,
    {
      steps: total,
      seed: 0,
      learningRate: { peak: 5e-4, warmup: Math.ceil(total / 10), total, final: 1e-5 },
      adamw: training.ADAMW,
      checkpointMinutes: Infinity,
    },
    {
      store: { resume: async () => undefined, checkpoint: async () => {}, record: async () => {} },
      clock: () => performance.now(),
      onProgress({ step, values }) {
        if (step % 25 === 0 || step === total)
          console.log(`${weights} weights, step ${step}: loss ${values.loss.toFixed(3)}`);
      },
    },
  );
  const found = [];
  for (const { pixels } of tests) {
    const best = tf.tidy(() => tf.argMax(logits(pixels), -1));
    found.push((await best.data())[0]);
    best.dispose();
  }
  for (const parameter of parameters.all) parameter.dispose();
  return found;
}

const right = (found) => found.filter((count, i) => count === tests[i].count).length;
const [shipped, random] = [await counts('shipped'), await counts('random')];
// The trivial answer is the number that is most frequent in training.
const frequency = (count) => data.filter((one) => one.count === count).length;
const usual = Array.from({ length: NUMBERS }, (_, count) => count).sort((a, b) => frequency(b) - frequency(a))[0];
const lines = {
  [`always ${usual}`]: right(tests.map(() => usual)),
  'from random weights': right(random),
  'from the shipped weights': right(shipped),
};
for (const [name, count] of Object.entries(lines))
  console.log(`${name}: right in ${count} of ${TEST_SCENES} unseen scenes`);
const tiles = tests.slice(0, SHOWN).map(({ rgb, count }, i) => ({
  title: count === 1 ? '1 solid' : `${count} solids`,
  content: rgb,
  caption: `shipped: ${shipped[i]}, random: ${random[i]}`,
}));
const title = 'Counting solids by the encoder alone';
const rows = [
  {
    heading: Object.entries(lines)
      .map(([name, count]) => `${name}: ${count} of ${TEST_SCENES} right`)
      .join('; '),
    tiles: tiles.slice(0, SHOWN / 2),
  },
  { tiles: tiles.slice(SHOWN / 2) },
];
const sheet = join(folder, 'transfer.png');
await writeFile(sheet, encodePng(contactSheet(title, rows)));
console.log('written:', sheet);
