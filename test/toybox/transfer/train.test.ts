import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { CancelledError } from '../../../src/errors.js';
import { boxIou3D } from '../../../src/evaluation/boxes-3d.js';
import { Random } from '../../../src/random.js';
import { toyboxSample } from '../../../src/toybox/sample.js';
import { toyboxSeed } from '../../../src/toybox/splits.js';
import { boxesOnGrid, solidBoxes } from '../../../src/toybox/transfer/boxes.js';
import { boxesOf, predictWithHead, trainHead } from '../../../src/toybox/transfer/train.js';
import { trivialPrediction } from '../../../src/toybox/transfer/trivial.js';
import { onBackends } from '../../on-backends.js';

const GRID = 8;
const samples = [2, 3, 5, 8].map((i) => toyboxSample(toyboxSeed('train', i), { people: false, supersampling: 1 }));
const labels = samples.map((sample) => {
  const boxes = solidBoxes(sample);
  return { count: boxes.length, boxes: boxesOnGrid(boxes, sample.scene.camera, GRID) };
});
/** Random numbers, by which a head can tell the scenes and patches apart. */
const features = {
  patches: GRID ** 2,
  width: 16,
  scenes: samples.map((_, i) => {
    const random = new Random(i);
    return Float32Array.from({ length: GRID ** 2 * 16 }, () => random.normal());
  }),
};
const training = { steps: 150, batch: 4, learningRate: 1e-2, seed: 0 };

onBackends(['wasm'], () => {
  test('a head learns the numbers and boxes of scenes by heart, the same with the same seed, without leaks', async () => {
    const before = tf.memory().numTensors;
    const steps: number[] = [];
    const head = await trainHead(features, labels, { ...training, onStep: (done) => steps.push(done) });
    expect(steps.at(-1)).toBe(150);
    const predictions = await predictWithHead(head, features);
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
