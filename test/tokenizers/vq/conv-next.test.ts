import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { ParameterList } from '../../../src/nn/parameters.js';
import { Random } from '../../../src/random.js';
import { buildConvNextBlock, convNextBlock } from '../../../src/tokenizers/vq/conv-next.js';
import { onEachBackend } from '../../on-backends.js';
import { expectClose } from '../../vectors.js';

/** Residual of a block of random weights for random images of 5×4 pixels. */
async function added(channels: number): Promise<Float32Array> {
  const list = new ParameterList();
  const block = buildConvNextBlock(list, channels);
  const random = new Random(3);
  for (const p of list.all) p.load(Float32Array.from({ length: p.size }, () => random.normal()));
  const x = tf.tensor4d(
    Float32Array.from({ length: 2 * 20 * channels }, () => random.normal()),
    [2, 5, 4, channels],
  );
  const difference = tf.tidy(() => tf.sub(convNextBlock(block, x), x));
  const values = (await difference.data()) as Float32Array;
  tf.dispose([x, difference]);
  for (const p of list.all) p.dispose();
  return values;
}

onEachBackend(() => {
  test('with one channel the block adds a constant; with more it does not', async () => {
    const constant = await added(1);
    expectClose(constant, new Float32Array(constant.length).fill(constant[0]!), { rtol: 1e-5, atol: 1e-5 });
    const [first, ...others] = await added(2);
    expect(others.some((value) => Math.abs(value - first!) > 0.1)).toBe(true);
  });

  test('with gamma zero nothing is added; no tensor leaks', async () => {
    const list = new ParameterList();
    const block = buildConvNextBlock(list, 3);
    for (const p of list.all) p.load(new Float32Array(p.size).fill(p === block.gamma ? 0 : 1));
    const x = tf.ones([1, 2, 3, 3]) as tf.Tensor4D;
    const before = tf.memory().numTensors;
    const y = convNextBlock(block, x);
    expect([...(await y.data())]).toEqual(new Array(18).fill(1));
    y.dispose();
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
    for (const p of list.all) p.dispose();
  });
});
