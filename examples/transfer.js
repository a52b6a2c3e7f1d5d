/**
 * Transfer of the encoder alone to a new task: counting solids. The encoder of a 4M model is a vision transformer whose weights are in
 * the model's checkpoint; a linear layer on the mean of its patches gives a logit for each number, and both are trained together.
 * With `scratch`, the encoder starts with random weights.
 *
 *     node examples/transfer.js [steps] [scratch]
 */
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { checkpoints, nn, Random, training, transformer, useBackend } from 'fourm';
import { toyboxSample, toyboxSeed } from 'fourm/toybox';

const [steps, start] = [Number(process.argv[2] ?? 300), process.argv[3]];
const [BATCH, TRAINING_SCENES, TEST_SCENES, NUMBERS] = [16, 500, 100, 5];
await useBackend('wasm');

const file = checkpoints.readSafetensors(
  await readFile(new URL('../models/toybox/model.safetensors', import.meta.url)),
);
const encoder = transformer.buildFmVit(transformer.parseFmVitConfig(checkpoints.parseConfig(file.metadata)));
if (start === 'scratch') for (const parameter of encoder.parameters.all) parameter.initialize(new Random(1));
else await nn.loadParameters(encoder.parameters.all, file);

// One list of all that is trained: the encoder's parameters, and the matrix of the head.
const parameters = new nn.ParameterList('', [...encoder.parameters.all]);
const head = parameters.add('head', [NUMBERS, encoder.config.dim], { init: (values) => values.fill(0) });
head.initialize(new Random(0));

/** Logits of the numbers of solids, [B, 5]. */
function logits(images) {
  const features = transformer.fmVit(encoder, images, images.length / (3 * 64 * 64)); // [B, 64, D]
  return tf.matMul(tf.mean(features, 1), head.value, false, true);
}

/** A scene as [C, H, W] from -1 to 1, and its number of solids. */
function scene(split, index) {
  const { rgb, scene } = toyboxSample(toyboxSeed(split, index), { size: 64, people: false });
  const pixels = Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => rgb.data[(i % 4096) * 3 + (i >> 12)] / 127.5 - 1);
  return { pixels, count: scene.solids.length };
}
const joined = (scenes) => Float32Array.from(scenes.flatMap(({ pixels }) => [...pixels]));

const data = Array.from({ length: Math.min(TRAINING_SCENES, steps * BATCH) }, (_, i) => scene('train', i));
const task = {
  parameters,
  trained: parameters.all.filter(({ trainable }) => trainable),
  async step(random, differentiate) {
    const batch = Array.from({ length: BATCH }, () => random.pick(data));
    const counts = Int32Array.from(batch, ({ count }) => count);
    return { loss: await differentiate(() => nn.crossEntropy(logits(joined(batch)), counts)) };
  },
};
await training.train(
  task,
  {
    steps,
    seed: 0,
    learningRate: { peak: 5e-4, warmup: Math.ceil(steps / 10), total: steps, final: 1e-5 },
    adamw: training.ADAMW,
    checkpointMinutes: Infinity,
  },
  {
    store: { resume: async () => undefined, checkpoint: async () => {}, record: async () => {} },
    clock: () => performance.now(),
    onProgress({ step, values }) {
      if (step % 25 === 0 || step === steps) console.log(`step ${step}: loss ${values.loss.toFixed(3)}`);
    },
  },
);

let right = 0;
for (let i = 0; i < TEST_SCENES; i++) {
  const { pixels, count } = scene('test', i);
  const best = tf.tidy(() => tf.argMax(logits(pixels), -1));
  if ((await best.data())[0] === count) right++;
  best.dispose();
}
console.log(`right in ${right} of ${TEST_SCENES} unseen scenes`);
