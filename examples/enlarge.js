/**
 * Super-resolution by a small network of its own: pictures of 64 × 64 pixels to 128 × 128. Bicubic enlargement is the first guess. What it
 * lacks at each pixel, as 2 × 2 pixels, is predicted from the 7 × 7 pixels around it by three layers, the same ones everywhere.
 * `super-resolution.js` predicts tokens instead, as 4M does.
 *
 *     node examples/enlarge.js [folder] [steps]
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { evaluation, nn, Random, training, useBackend } from 'fourm';
import { contactSheet, encodePng, resize } from 'fourm/media';
import { toyboxSample, toyboxSeed } from 'fourm/toybox';

const [folder = '.', steps = '2000'] = process.argv.slice(2);
const [SMALL, LARGE, PIXELS, SHOWN] = [64, 128, 4096, 6];
/** Reach of the neighbourhood, values in it, and values of 2 × 2 pixels. */
const REACH = 3;
const [INPUTS, HIDDEN, OUTPUTS] = [3 * (2 * REACH + 1) ** 2, 96, 12];
/** Predictions are in units of a tenth of the range. */
const UNIT = 25.5;
const [scenes, unseen] = Number(steps) < 50 ? [16, 6] : [400, 100];
await useBackend('auto');

const parameters = new nn.ParameterList();
const sizes = [INPUTS, HIDDEN, HIDDEN, OUTPUTS];
const layers = [0, 1, 2].map((i) => {
  const [input, output] = [sizes[i], sizes[i + 1]];
  // The last matrix is 0 at first, so that the first prediction is bicubic.
  const deviation = i < 2 ? Math.sqrt(2 / input) : 0;
  const normal = (values, random) => {
    for (let k = 0; k < values.length; k++) values[k] = deviation * random.normal();
  };
  const layer = {
    weight: parameters.add(`${i}.weight`, [output, input], { init: normal }),
    bias: parameters.add(`${i}.bias`, [output], { init: (values) => values.fill(0) }),
  };
  layer.weight.initialize(new Random(i));
  layer.bias.initialize(new Random(i));
  return layer;
});

/** @returns what bicubic enlargement lacks, [N, 12]. @param inputs of N pixels, [N, 147] */
function lacking(inputs) {
  let x = tf.tensor(inputs, [inputs.length / INPUTS, INPUTS]);
  for (const [i, { weight, bias }] of layers.entries())
    x = tf.add(tf.matMul(i === 0 ? x : tf.relu(x), weight.value, false, true), bias.value);
  return x;
}

/** A picture in both sizes, and the small one enlarged. */
function scene(split, index) {
  const { rgb: large } = toyboxSample(toyboxSeed(split, index), { size: LARGE, supersampling: 2 });
  const small = resize(large, SMALL, SMALL, 'box');
  return { small, large, bicubic: resize(small, LARGE, LARGE, 'bicubic') };
}

/** Writes the pixels around one, less that one, from -1 to 1; outside the picture those of its border. */
function putNeighbourhood({ data }, x, y, inputs, at) {
  const inside = (i) => Math.max(0, Math.min(SMALL - 1, i));
  const centre = 3 * (y * SMALL + x);
  for (let dy = -REACH; dy <= REACH; dy++) {
    for (let dx = -REACH; dx <= REACH; dx++) {
      const other = 3 * (inside(y + dy) * SMALL + inside(x + dx));
      for (let c = 0; c < 3; c++) inputs[at++] = (data[other + c] - data[centre + c]) / 255;
    }
  }
}
/** Indices in the large picture of a pixel's 2 × 2. */
const indices = (x, y) =>
  [0, 1, LARGE, LARGE + 1].flatMap((step) => [0, 1, 2].map((c) => 3 * (2 * y * LARGE + 2 * x + step) + c));

const known = Array.from({ length: scenes }, (_, i) => scene('train', i));
const task = {
  parameters,
  trained: parameters.all,
  async step(random, differentiate) {
    const [inputs, wanted] = [new Float32Array(PIXELS * INPUTS), new Float32Array(PIXELS * OUTPUTS)];
    for (let i = 0; i < PIXELS; i++) {
      const { small, large, bicubic } = random.pick(known);
      const [x, y] = [random.integer(0, SMALL - 1), random.integer(0, SMALL - 1)];
      putNeighbourhood(small, x, y, inputs, i * INPUTS);
      indices(x, y).forEach((index, k) => {
        wanted[i * OUTPUTS + k] = (large.data[index] - bicubic.data[index]) / UNIT;
      });
    }
    const loss = () => tf.mean(tf.square(tf.sub(lacking(inputs), tf.tensor(wanted, [PIXELS, OUTPUTS]))));
    return { loss: await differentiate(loss) };
  },
};
const total = Number(steps);
const start = performance.now();
await training.train(
  task,
  {
    steps: total,
    seed: 0,
    learningRate: { peak: 2e-3, warmup: Math.ceil(total / 20), total, final: 1e-5 },
    adamw: training.ADAMW,
    checkpointMinutes: Infinity,
  },
  {
    store: { resume: async () => undefined, checkpoint: async () => {}, record: async () => {} },
    clock: () => performance.now(),
    onProgress({ step, values: { loss } }) {
      if (step % 200 !== 0 && step !== total) return;
      const left = ((performance.now() - start) / 1000 / step) * (total - step);
      console.log(`step ${step} of ${total}: loss ${loss.toFixed(4)}, ${left.toFixed(0)} s left`);
    },
  },
);

/** The large picture that the network predicts. */
async function enlarged({ small, bicubic }) {
  const inputs = new Float32Array(SMALL * SMALL * INPUTS);
  for (let i = 0; i < SMALL * SMALL; i++) putNeighbourhood(small, i % SMALL, Math.floor(i / SMALL), inputs, i * INPUTS);
  const predicted = tf.tidy(() => lacking(inputs));
  const values = await predicted.data();
  predicted.dispose();
  const picture = { ...bicubic, data: Uint8Array.from(bicubic.data) };
  for (let i = 0; i < SMALL * SMALL; i++) {
    indices(i % SMALL, Math.floor(i / SMALL)).forEach((index, k) => {
      const value = Math.round(bicubic.data[index] + UNIT * values[i * OUTPUTS + k]);
      picture.data[index] = Math.max(0, Math.min(255, value));
    });
  }
  return picture;
}

const metrics = { bicubic: new evaluation.ImageMetric(), 'small network': new evaluation.ImageMetric() };
const rows = [];
for (let i = 0; i < unseen; i++) {
  const one = scene('test', i);
  const predicted = await enlarged(one);
  metrics.bicubic.add(one.bicubic, one.large);
  metrics['small network'].add(predicted, one.large);
  if (i >= SHOWN) continue;
  rows.push({
    tiles: [
      { title: '64 x 64', content: one.small },
      { title: 'bicubic', content: one.bicubic },
      { title: 'small network', content: predicted },
      { title: 'truth', content: one.large },
    ],
  });
}
const lines = Object.entries(metrics).map(([name, metric]) => {
  const { psnr, ssim } = metric.result();
  return `${name}: PSNR ${psnr.toFixed(2)} dB, SSIM ${ssim.toFixed(4)}`;
});
for (const line of lines) console.log(line);
const title = `64 x 64 pixels to 128 x 128, ${unseen} unseen scenes. ${lines.join('; ')}`;
const sheet = join(folder, 'enlarge.png');
await writeFile(sheet, encodePng(contactSheet(title, rows)));
console.log('written:', sheet);
