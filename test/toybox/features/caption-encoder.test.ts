import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { Random } from '../../../src/random.js';
import {
  buildCaptionEncoder,
  captionEmbeddings,
  captionEncoderTask,
} from '../../../src/toybox/features/caption-encoder.js';
import { ADAMW } from '../../../src/training/adamw.js';
import { train } from '../../../src/training/loop.js';
import { onOneBackend } from '../../on-backends.js';
import { memoryStore } from '../../training/store.js';

onOneBackend();

const EOS = 3;
const SPECIAL = { eosId: EOS, sentinelIds: [4, 5] };

function encoder() {
  const built = buildCaptionEncoder(20);
  for (const parameter of built.parameters.all) parameter.initialize(new Random(0));
  return built;
}

test('learns to restore masked words, without leaks', async () => {
  const network = encoder();
  const before = tf.memory().numTensors;
  const captions = [Int32Array.of(10, 11, 12, 13), Int32Array.of(14, 15, 16)];
  const store = memoryStore();
  const learningRate = { peak: 5e-3, warmup: 1, total: 60, final: 5e-3 };
  const task = captionEncoderTask(network, captions, 4, SPECIAL);
  const settings = { steps: 60, seed: 0, learningRate, adamw: ADAMW, checkpointMinutes: 1000 };
  await train(task, settings, { store, clock: () => 0 });
  expect(tf.memory().numTensors).toBe(before);
  const losses = store.records.map(({ values }) => values.loss!);
  // At first as if all 20 words were equally likely; most words follow from their neighbours.
  expect(losses[0]).toBeGreaterThan(2);
  expect(losses.slice(-10).reduce((sum, loss) => sum + loss / 10, 0)).toBeLessThan(1);
  for (const parameter of network.parameters.all) parameter.dispose();
});

test('gives each token and [EOS] a vector, independent of other captions', async () => {
  const network = encoder();
  const captions = [Int32Array.of(10, 11, 12), Int32Array.of(13), new Int32Array(0)];
  const together = await captionEmbeddings(network, captions, EOS);
  expect(together.map(({ length }) => length / 64)).toEqual([4, 2, 1]);
  for (const [i, caption] of captions.entries()) {
    const [alone] = await captionEmbeddings(network, [caption], EOS);
    alone!.forEach((value, at) => {
      expect(together[i]![at]).toBeCloseTo(value, 4);
    });
  }
  const long = new Int32Array(100).fill(7);
  expect((await captionEmbeddings(network, [long], EOS))[0]).toHaveLength(48 * 64);
  for (const parameter of network.parameters.all) parameter.dispose();
});
