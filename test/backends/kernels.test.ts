import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { onEachBackend } from '../on-backends.js';
import { distance, sameAsCpu, size, type Values, valueAndGradients, valuesOf } from './values.js';

onEachBackend((name) => {
  const numRuns = name === 'webgpu' ? 6 : 30;

  test.each([1, 7, 8, 13, 14, 40])('addN of %i tensors', async (count) => {
    const terms = Array.from({ length: count }, (_, i) => tf.tensor1d([i, 1]));
    const before = tf.memory().numDataBuffers;
    const sum = tf.addN(terms);
    expect([...(await sum.data())]).toEqual([(count * (count - 1)) / 2, count]);
    sum.dispose();
    expect(tf.memory().numDataBuffers).toBe(before);
    tf.dispose(terms);
  });

  test('gather and its gradient', async () => {
    const gathering = fc.record({ rows: size, width: size, batch: size }).chain(({ rows, width, batch }) =>
      fc.record({
        table: valuesOf([rows, width]),
        ids: fc.array(fc.nat(rows - 1), { minLength: batch, maxLength: batch }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(gathering, ({ table, ids }) =>
        sameAsCpu(name, [table], (x) => tf.gather(x, tf.tensor1d(ids, 'int32'))),
      ),
      { numRuns },
    );
  });

  test('gather along any axis, in batches too', async () => {
    const gathering = fc
      .record({
        batch: size,
        rows: size,
        width: size,
        inner: fc.oneof(size, fc.constant(16)),
        axis: fc.constantFrom(0, 1, 2, -1),
      })
      .chain(({ batch, rows, width, inner, axis }) => {
        const shape = [batch, rows, width, inner];
        return fc.record({
          x: valuesOf(shape),
          axis: fc.constant(axis),
          ids: fc.array(fc.nat(shape.at(axis)! - 1), { minLength: 1, maxLength: 5 }),
        });
      });
    await fc.assert(
      fc.asyncProperty(gathering, ({ x, axis, ids }) =>
        sameAsCpu(name, [x], (x) => tf.gather(x, tf.tensor1d(ids, 'int32'), axis)),
      ),
      { numRuns },
    );
    const x = tf.tensor3d([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [2, 3, 2]);
    const taken = tf.gather(x, tf.tensor2d([2, 0, 1, 1], [2, 2], 'int32'), 1, 1);
    expect([...(await taken.data())]).toEqual([4, 5, 0, 1, 8, 9, 8, 9]);
  });

  test('unsortedSegmentSum drops ids out of range', async () => {
    const ids = tf.tensor1d([1, -1, 1, 2], 'int32');
    const sums = tf.unsortedSegmentSum(
      tf.tensor2d([
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ]),
      ids,
      3,
    );
    expect([...(await sums.data())]).toEqual([0, 0, 6, 8, 7, 8]);
  });

  test('oneHot in either dtype', async () => {
    const ids = tf.tensor1d([2, 0], 'int32');
    expect([...(await tf.oneHot(ids, 3, 1, 0, 'float32').data())]).toEqual([0, 0, 1, 1, 0, 0]);
    expect([...(await tf.oneHot(ids, 3).data())]).toEqual([0, 0, 1, 1, 0, 0]);
  });

  test.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ['softmax', (x) => tf.softmax(x)],
    ['logSoftmax', (x) => tf.logSoftmax(x)],
    ['logSumExp', (x) => tf.logSumExp(x, -1)],
    ['GELU', (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))],
    ['SiLU', (x) => tf.mul(x, tf.sigmoid(x))],
    ['layer norm', layerNorm],
    ['tile', (x) => tf.tile(x, [2, 1, 3])],
    [
      'pad',
      (x) =>
        tf.pad(x, [
          [1, 0],
          [0, 2],
          [1, 1],
        ]),
    ],
    ['slice', (x) => tf.slice(x, [0, 0, 0], [1, 1, 1])],
    ['split and concat', (x) => tf.concat(tf.split(x, [1, x.shape[2]! - 1], 2).reverse(), 2)],
    ['transpose', (x) => tf.transpose(x, [2, 0, 1])],
    ['where', (x) => tf.where(tf.cast(tf.ones([x.shape[0]!, 1, 1]), 'bool'), x, tf.zerosLike(x))],
    ['mean', (x) => tf.mean(x, 1)],
    ['max', (x) => tf.max(tf.add(x, tf.reshape(tf.range(0, x.size), x.shape)), -1)],
  ])('%s and its gradient', async (_name, f) => {
    const tensor = fc.tuple(size, size, fc.integer({ min: 2, max: 7 })).chain(valuesOf);
    await fc.assert(
      fc.asyncProperty(tensor, (x) => sameAsCpu(name, [x], f)),
      { numRuns: Math.ceil(numRuns / 3) },
    );
  });

  test('cumsum and cumprod along any axis, either way, and the gradient of cumsum', async () => {
    const running = fc.record({
      shape: fc.tuple(size, size, size),
      axis: fc.integer({ min: -3, max: 2 }),
      exclusive: fc.boolean(),
      reverse: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(running, async ({ shape, axis, exclusive, reverse }) => {
        const x = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => 1 + (i % 4) / 4);
        const sum = (x: tf.Tensor) => tf.cumsum(x, axis, exclusive, reverse);
        const [value, gradient] = await valueAndGradients([{ shape, values: x }], sum);
        const product = tf.tidy(() => tf.cumprod(tf.tensor(x, shape), axis, exclusive, reverse));
        const weights = Float32Array.from(x, (_, i) => 1 + (i % 3));
        const expected = [
          scan(x, shape, axis, exclusive, reverse, (a, b) => a + b, 0),
          scan(weights, shape, axis, exclusive, !reverse, (a, b) => a + b, 0),
          scan(x, shape, axis, exclusive, reverse, (a, b) => a * b, 1),
        ];
        expect(distance([value!, gradient!, [...(await product.data())]], expected)).toBeLessThan(1e-4);
        product.dispose();
      }),
      { numRuns: 2 * numRuns },
    );
  });

  test('conv2d and its gradients', async () => {
    const convolution = fc
      .record({
        image: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 3, max: 6 }), fc.integer({ min: 3, max: 6 })),
        filter: fc.integer({ min: 1, max: 3 }),
        channels: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
        stride: fc.integer({ min: 1, max: 2 }),
        pad: fc.constantFrom('same' as const, 'valid' as const),
      })
      .chain(({ image, filter, channels: [from, to], stride, pad }) =>
        fc.record({
          x: valuesOf([...image, from]),
          w: valuesOf([filter, filter, from, to]),
          stride: fc.constant(stride),
          pad: fc.constant(pad),
        }),
      );
    await fc.assert(
      fc.asyncProperty(convolution, async ({ x, w, stride, pad }) => {
        await sameAsCpu(name, [x, w], (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad));
        await sameAsCpu(name, [x, w], (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad));
      }),
      { numRuns },
    );
  });

  test('addN of more tensors than a device can bind', async () => {
    const sum = tf.tidy(() => tf.addN(Array.from({ length: 20 }, (_, i) => tf.tensor1d([i, 1]))));
    expect([...(await sum.data())]).toEqual([190, 20]);
  });

  test('leaks no tensor', async () => {
    const x: Values = { shape: [2, 3, 4], values: new Float32Array(24).fill(0.5) };
    const f = (x: tf.Tensor) => tf.cumsum(tf.matMul(tf.softmax(x), x, false, true), 1, false, true);
    await valueAndGradients([x], f);
    const before = tf.memory();
    await valueAndGradients([x], f);
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  });
});

/** As `src/nn` composes it, without scale and shift. */
function layerNorm(x: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-2)));
}

/** Running totals along an axis, by plain loops. */
function scan(
  x: Float32Array,
  shape: number[],
  axis: number,
  exclusive: boolean,
  reverse: boolean,
  add: (a: number, b: number) => number,
  start: number,
): number[] {
  const at = (axis + shape.length) % shape.length;
  const length = shape[at]!;
  const inner = tf.util.sizeFromShape(shape.slice(at + 1));
  const out = new Array<number>(x.length);
  for (let line = 0; line < x.length / length; line++) {
    const offset = Math.floor(line / inner) * length * inner + (line % inner);
    let total = start;
    for (let step = 0; step < length; step++) {
      const i = offset + (reverse ? length - 1 - step : step) * inner;
      const next = add(total, x[i]!);
      out[i] = exclusive ? total : next;
      total = next;
    }
  }
  return out;
}
