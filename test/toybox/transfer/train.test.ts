import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { toyboxModelConfig } from '../../../src/cli/train/model-config.js';
import { CancelledError } from '../../../src/errors.js';
import { boxIou3D } from '../../../src/evaluation/boxes-3d.js';
import { Random } from '../../../src/random.js';
import { toyboxModalities, toyboxModalitiesNamed } from '../../../src/toybox/modalities.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { toyboxSeed } from '../../../src/toybox/splits.js';
import { boxesOnGrid, solidBoxes } from '../../../src/toybox/transfer/boxes.js';
import { frozenFeatures, joinInputs, storedFeatures, trainedFeatures } from '../../../src/toybox/transfer/features.js';
import { boxesOf, predictWithHead, trainHead } from '../../../src/toybox/transfer/train.js';
import { trivialPrediction } from '../../../src/toybox/transfer/trivial.js';
import { buildEncoder } from '../../../src/transformer/encoder-only.js';
import { buildFourM } from '../../../src/transformer/model.js';
import { onBackends } from '../../on-backends.js';

const GRID = 8;
const samples = [2, 3, 5, 8].map((i) => toyboxSample(toyboxSeed('train', i), { people: false, supersampling: 1 }));
const labels = samples.map((sample) => {
  const boxes = solidBoxes(sample);
  return { count: boxes.length, boxes: boxesOnGrid(boxes, sample.scene.camera, GRID) };
});
/** Random numbers, by which a head can tell the scenes and patches apart. */
const features = storedFeatures(
  samples.map((_, i) => {
    const random = new Random(i);
    return Float32Array.from({ length: GRID ** 2 * 16 }, () => random.normal());
  }),
  16,
);
const training = { steps: 150, batch: 4, learningRate: 1e-2, seed: 0 };

onBackends(['wasm'], () => {
  test('a head learns the numbers and boxes of scenes by heart, the same with the same seed, without leaks', async () => {
    const before = tf.memory().numTensors;
    const steps: number[] = [];
    const head = await trainHead(features, labels, { ...training, onStep: (done) => steps.push(done) });
    expect(steps.at(-1)).toBe(150);
    const predictions = await predictWithHead(head, features, [0, 1, 2, 3]);
    expect(predictions.map(({ count }) => count)).toEqual(labels.map(({ count }) => count));
    samples.forEach((sample, i) => {
      const truth = solidBoxes(sample);
      const [surest] = boxesOf(predictions[i]!.boxes, sample.scene.camera).sort((a, b) => b.score - a.score);
      expect(Math.max(...truth.map((own) => boxIou3D(own, surest!.box)))).toBeGreaterThan(0.25);
    });
    const short = { ...training, steps: 3 };
    const again = [await trainHead(features, labels, short), await trainHead(features, labels, short)];
    const [one, other] = await Promise.all(again.map(({ boxes }) => boxes.weight.read()));
    expect(one).toEqual(other);
    for (const { parameters } of [head, ...again]) for (const parameter of parameters.all) parameter.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('an encoder is trained with the head unless it is frozen', async () => {
    const modalities = toyboxModalitiesNamed(['rgb']);
    const config = toyboxModelConfig({ width: 32, heads: 2, encoderDepth: 1, decoderDepth: 1 }, modalities);
    const model = buildFourM(config, toyboxModalities(0, modalities));
    const encoder = buildEncoder(model, ['rgb@64']);
    const random = new Random(0);
    for (const parameter of encoder.parameters.all) parameter.initialize(random);
    const pixels = samples.map(({ rgb }) =>
      Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => rgb.data[(i % 4096) * 3 + (i >> 12)]! / 127.5 - 1),
    );
    const inputs = joinInputs([
      { 'rgb@64': { pixels: pixels.slice(0, 2) } },
      { 'rgb@64': { pixels: pixels.slice(2) } },
    ]);
    const trainable = encoder.parameters.all.filter((p) => p.trainable && p.names[0]!.startsWith('encoder'));
    const weights = () => Promise.all(trainable.map((parameter) => parameter.read()));

    const frozen = await frozenFeatures(encoder, inputs, samples.length, async () => {});
    const trained = trainedFeatures(encoder, inputs);
    const [stored, computed] = tf.tidy(() => [frozen, trained].map(({ read }) => read([3, 1]).dataSync()));
    expect(stored).toEqual(computed);
    const before = await weights();
    const onFrozen = await trainHead(frozen, labels, { ...training, steps: 2 });
    expect(await weights()).toEqual(before);
    const head = await trainHead(trained, labels, { ...training, steps: 60 });
    const after = await weights();
    after.forEach((values, i) => {
      expect(values, trainable[i]!.names[0]).not.toEqual(before[i]);
    });
    const predictions = await predictWithHead(head, trained, [3, 0]);
    expect(predictions.map(({ count }) => count)).toEqual([labels[3]!.count, labels[0]!.count]);
    for (const { parameters } of [onFrozen, head, encoder]) for (const parameter of parameters.all) parameter.dispose();
  });

  test('training stops when the signal fires', async () => {
    const controller = new AbortController();
    const onStep = (done: number) => {
      if (done === 3) controller.abort();
    };
    const { signal } = controller;
    await expect(trainHead(features, labels, { ...training, signal, onStep })).rejects.toThrow(CancelledError);
  });

  test('the trivial prediction is the most frequent number, and mean boxes where boxes are frequent', () => {
    const box = (value: number) => ({ patches: [9], values: [[value, 0, 0, 0, 0, 0]] });
    const { count, boxes } = trivialPrediction(
      [
        { count: 1, boxes: box(0.25) },
        { count: 1, boxes: box(-0.25) },
        { count: 2, boxes: { patches: [9, 20], values: [...box(0.3).values, [0, 0, 0, 0, 0, 0]] } },
      ],
      GRID,
    );
    expect(count).toBe(1);
    expect(boxes[9 * 7]).toBe(1);
    expect(boxes[9 * 7 + 1]).toBeCloseTo(0.1, 6);
    expect(boxes[20 * 7]).toBeCloseTo(1 / 3, 6);
    const { camera } = samples[0]!.scene;
    const surest = boxesOf(boxes, camera).sort((a, b) => b.score - a.score);
    expect(surest[0]!.score).toBe(1);
  });
});
