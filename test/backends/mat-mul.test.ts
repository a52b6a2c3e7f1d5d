import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { onEachBackend } from '../on-backends.js';
import { large, sameAsCpu, size, valuesOf } from './values.js';

onEachBackend((name) => {
  const numRuns = name === 'webgpu' ? 6 : 30;

  const product = fc
    .record({
      batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      sides: fc.tuple(fc.oneof(size, large), fc.oneof(size, large), fc.oneof(size, large)),
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
    })
    .chain(({ batch, sides: [m, k, n], transposeA, transposeB }) =>
      fc.record({
        a: valuesOf([...batch, ...(transposeA ? [k, m] : [m, k])]),
        b: valuesOf([...batch, ...(transposeB ? [n, k] : [k, n])]),
        transposeA: fc.constant(transposeA),
        transposeB: fc.constant(transposeB),
      }),
    );

  test('matMul of any batch, transposed or not, and its gradients', async () => {
    await fc.assert(
      fc.asyncProperty(product, ({ a, b, transposeA, transposeB }) =>
        sameAsCpu(name, [a, b], (x, y) => tf.matMul(x, y, transposeA, transposeB)),
      ),
      { numRuns },
    );
  });

  test.each([1, 2, 3])('matMul of %i rows with a right side so wide that its sums leave the cache', async (rows) => {
    const [a, b] = fc.sample(fc.tuple(valuesOf([rows, 6]), valuesOf([6, 4999])), { numRuns: 1, seed: rows })[0]!;
    await sameAsCpu(name, [a, b], (x, y) => tf.matMul(x, y));
  });

  test.each([false, true])('matMul with long sums and a small result (%s)', async (transposeA) => {
    const shapes = fc.tuple(valuesOf(transposeA ? [2048, 20] : [20, 2048]), valuesOf([32, 2048]));
    const [a, b] = fc.sample(shapes, { numRuns: 1, seed: 1 })[0]!;
    await sameAsCpu(name, [a, b], (x, y) => tf.matMul(x, y, transposeA, true));
  });

  test.each([
    { left: [2, 3, 4], right: [1, 4, 5] },
    { left: [1, 3, 4], right: [2, 4, 5] },
    { left: [2, 3, 4], right: [4, 5] },
    { left: [3, 4], right: [2, 4, 5] },
  ])('matMul broadcasts $left with $right', async ({ left, right }) => {
    const a = tf.reshape(tf.range(0, tf.util.sizeFromShape(left)), left);
    const b = tf.reshape(tf.range(0, tf.util.sizeFromShape(right)), right);
    const whole = await tf.matMul(a, b).data();
    const matrices = (x: tf.Tensor) => tf.unstack(tf.reshape(x, [-1, ...x.shape.slice(-2)])) as tf.Tensor2D[];
    const [as, bs] = [matrices(a), matrices(b)];
    const one = tf.stack(Array.from({ length: 2 }, (_, i) => tf.matMul(as[i % as.length]!, bs[i % bs.length]!)));
    expect([...whole]).toEqual([...(await one.data())]);
  });

  test('a reshaped right side is a different matrix', async () => {
    const right = tf.range(0, 24);
    const sum = async (rows: number, columns: number) =>
      [...(await tf.matMul(tf.ones([2, rows]), tf.reshape(right, [rows, columns]) as tf.Tensor2D).data())].slice(0, 2);
    expect(await sum(4, 6)).toEqual([36, 40]);
    expect(await sum(6, 4)).toEqual([60, 66]);
    expect(await sum(4, 6)).toEqual([36, 40]);
  });
});
