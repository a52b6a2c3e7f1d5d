import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { onEachBackend } from '../on-backends.js';

/** Host-side values with a shape. */
interface Values {
  shape: number[];
  values: Float32Array;
}

/** A value and its gradients, of `sum(f(inputs) * weights)` with weights 1, 2, 3, 1, 2, 3, … */
async function valueAndGradients(inputs: Values[], f: (...inputs: tf.Tensor[]) => tf.Tensor): Promise<number[][]> {
  const tensors = inputs.map(({ shape, values }) => tf.tensor(values, shape));
  const results = tf.tidy(() => {
    const y = f(...tensors);
    const weights = tf.tensor(
      Float32Array.from({ length: y.size }, (_, i) => 1 + (i % 3)),
      y.shape,
    );
    const gradients = tf.grads((...xs: tf.Tensor[]) => tf.sum(tf.mul(f(...xs), weights)))(tensors);
    return [y, ...gradients];
  });
  const read = await Promise.all(results.map(async (t) => [...(await t.data())]));
  tf.dispose([...tensors, ...results]);
  return read;
}

/** The greatest difference, in units of 1 + the expected magnitude; infinite where the sizes differ. */
function distance(actual: number[][], expected: number[][]): number {
  if (actual.map((a) => a.length).join() !== expected.map((e) => e.length).join()) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (const [i, each] of expected.entries()) {
    for (const [j, value] of each.entries()) {
      const d = Math.abs(actual[i]![j]! - value) / (1 + Math.abs(value));
      if (!(d <= worst)) worst = d;
    }
  }
  return worst;
}

const size = fc.integer({ min: 1, max: 7 });

/** Large enough for wasm to take tiles of several rows and columns, some of them whole. */
const large = fc.integer({ min: 9, max: 24 });

/** Scattered values of a given shape between -1 and 1. */
function valuesOf(shape: number[]): fc.Arbitrary<Values> {
  const length = tf.util.sizeFromShape(shape);
  return fc.nat(999).map((seed) => ({
    shape,
    values: Float32Array.from({ length }, (_, i) => Math.sin(seed + 12.9898 * (i + 1) ** 2)),
  }));
}

onEachBackend((name) => {
  const numRuns = name === 'webgpu' ? 6 : 30;

  /** Expects this backend's value and gradients to be those of the cpu backend. */
  async function sameAsCpu(inputs: Values[], f: (...inputs: tf.Tensor[]) => tf.Tensor): Promise<void> {
    await useBackend('cpu');
    const expected = await valueAndGradients(inputs, f);
    await useBackend(name);
    expect(distance(await valueAndGradients(inputs, f), expected)).toBeLessThan(1e-3);
  }

  describe('matMul', () => {
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

    test('of any batch, transposed or not, and its gradients', async () => {
      await fc.assert(
        fc.asyncProperty(product, ({ a, b, transposeA, transposeB }) =>
          sameAsCpu([a, b], (x, y) => tf.matMul(x, y, transposeA, transposeB)),
        ),
        { numRuns },
      );
    });

    test.each([1, 2, 3])('of %i rows with a right side so wide that its sums leave the cache', async (rows) => {
      const [a, b] = fc.sample(fc.tuple(valuesOf([rows, 6]), valuesOf([6, 4999])), { numRuns: 1, seed: rows })[0]!;
      await sameAsCpu([a, b], (x, y) => tf.matMul(x, y));
    });

    test.each([
      { left: [2, 3, 4], right: [1, 4, 5] },
      { left: [1, 3, 4], right: [2, 4, 5] },
      { left: [2, 3, 4], right: [4, 5] },
      { left: [3, 4], right: [2, 4, 5] },
    ])('broadcasts $left with $right', async ({ left, right }) => {
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
        [...(await tf.matMul(tf.ones([2, rows]), tf.reshape(right, [rows, columns]) as tf.Tensor2D).data())].slice(
          0,
          2,
        );
      expect(await sum(4, 6)).toEqual([36, 40]);
      expect(await sum(6, 4)).toEqual([60, 66]);
      expect(await sum(4, 6)).toEqual([36, 40]);
    });
  });

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
        sameAsCpu([table], (x) => tf.gather(x, tf.tensor1d(ids, 'int32'))),
      ),
      { numRuns },
    );
  });

  test('unsortedSegmentSum drops ids that are none', async () => {
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
      fc.asyncProperty(tensor, (x) => sameAsCpu([x], f)),
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
        await sameAsCpu([x, w], (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad));
        await sameAsCpu([x, w], (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad));
      }),
      { numRuns },
    );
  });

  test('addN of more tensors than a device binds at once', async () => {
    const sum = tf.tidy(() => tf.addN(Array.from({ length: 20 }, (_, i) => tf.tensor1d([i, 1]))));
    expect([...(await sum.data())]).toEqual([190, 20]);
  });

  test('leaves no tensor behind', async () => {
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
