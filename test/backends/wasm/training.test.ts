/** Kernels that trainings use most: gradients, transposition, and views of the same memory. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { useBackend } from '../../../backends/index.js';
import { addressOf, type WasmBackend } from '../../../backends/wasm/backend.js';
import { transposedMatrices } from '../../../backends/wasm/transpose.js';
import { additiveMask, attention } from '../../../src/nn/attention.js';
import { ATTENTION_GRADIENT, LAYER_NORM_GRADIENT, SWIGLU_GRADIENT } from '../../../src/nn/kernels/training-kernels.js';
import { buildLayerNorm, layerNorm } from '../../../src/nn/layer-norm.js';
import { buildMlp, mlp } from '../../../src/nn/mlp.js';
import { ParameterList } from '../../../src/nn/parameters.js';
import { fill, normals, release } from '../../nn/plain.js';
import { onBackends } from '../../on-backends.js';
import { expectClose } from '../../vectors.js';

const side = (max: number) => fc.integer({ min: 1, max });

/** Gradients of `sum(dy · f(x))` for x, and for the parameters of f, on a backend. */
async function gradients(
  backend: 'cpu' | 'wasm',
  [rows, width]: [number, number],
  build: (list: ParameterList) => (x: tf.Tensor2D) => tf.Tensor,
  threads = 1,
): Promise<Float32Array[]> {
  await useBackend(backend, backend === 'wasm' ? { threads } : {});
  const list = new ParameterList();
  const apply = build(list);
  fill(list);
  const x = tf.variable(tf.tensor2d(normals(rows * width, 1), [rows, width]));
  const dy = tf.tensor2d(normals(rows * width, 2), [rows, width]);
  const variables = [x, ...list.all.map(({ value }) => value)];
  const { value, grads } = tf.variableGrads(
    () => tf.sum(tf.mul(apply(x as tf.Tensor2D), dy)) as tf.Scalar,
    variables as tf.Variable[],
  );
  const results = variables.map(({ name }) => grads[name]!.dataSync() as Float32Array);
  tf.dispose([x, dy, value, ...Object.values(grads)]);
  release(list);
  return results;
}

interface AttentionSizes {
  readonly b: number;
  readonly heads: number;
  readonly m: number;
  readonly n: number;
  readonly d: number;
  readonly mask: string;
}

/** The result of attention, and the gradients of `sum(dy · attention)` for queries, keys and values, on a backend. */
async function attentionGradients(
  backend: 'cpu' | 'wasm',
  { b, heads, m, n, d, mask }: AttentionSizes,
  threads = 1,
): Promise<Float32Array[]> {
  await useBackend(backend, backend === 'wasm' ? { threads } : {});
  const random = (rows: number, seed: number) => tf.tensor3d(normals(b * rows * heads * d, seed), [b, rows, heads * d]);
  const dy = random(m, 4);
  const maskRows = mask === 'of each query' ? m : 1;
  // The first sample's keys are all masked.
  const masked = Array.from({ length: b * maskRows * n }, (_, i) => (i < n || i % 3 === 1 ? 1 : 0));
  const added = mask === 'none' ? undefined : additiveMask(masked, [b, maskRows, n]);
  const f = (q: tf.Tensor, keys: tf.Tensor, values: tf.Tensor) =>
    attention(q as tf.Tensor3D, { keys: keys as tf.Tensor3D, values: values as tf.Tensor3D }, heads, added);
  const inputs = [random(m, 1), random(n, 2), random(n, 3)];
  const { value, grads } = tf.valueAndGrads(f as (...inputs: tf.Tensor[]) => tf.Tensor)(inputs, dy);
  const results = [value, ...grads].map((tensor) => tensor.dataSync() as Float32Array);
  tf.dispose([...inputs, dy, value, ...grads, ...(added ? [added] : [])]);
  return results;
}

const layers = {
  'layer norms': (width: number) => (list: ParameterList) => {
    const layer = buildLayerNorm(list, width);
    return (x: tf.Tensor2D) => layerNorm(layer, x);
  },
  'gated MLPs': (width: number) => (list: ParameterList) => {
    const layer = buildMlp(list, width, 11, { activation: 'SiLU', gated: true, bias: true });
    return (x: tf.Tensor2D) => mlp(layer, x);
  },
};

onBackends(['wasm'], () => {
  describe.each(Object.entries(layers))('gradients of %s', (_, layer) => {
    test('are those of the composition, and the same for any number of threads', async () => {
      await fc.assert(
        fc.asyncProperty(side(300), fc.integer({ min: 3, max: 70 }), async (rows, width) => {
          const expected = await gradients('cpu', [rows, width], layer(width));
          const found = await gradients('wasm', [rows, width], layer(width));
          for (const [i, values] of expected.entries()) {
            // Rounding is relative to the largest sum. Two numbers that nearly agree leave four digits.
            const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
            expectClose(found[i]!, values, { rtol: 0, atol: 5e-6 * largest + 1e-6 }, `gradient ${i}`);
          }
          const shared = await gradients('wasm', [rows, width], layer(width), 3);
          expect(shared.map((values, i) => Buffer.from(values.buffer).equals(Buffer.from(found[i]!.buffer)))).toEqual(
            found.map(() => true),
          );
        }),
        { numRuns: 12 },
      );
    });
  });

  test('gradients of attention are those of the composition, and the same for any number of threads', async () => {
    const sizes = fc.record({
      b: side(3),
      heads: side(4),
      m: fc.oneof(side(6), side(90)),
      n: fc.oneof(side(6), side(90)),
      d: fc.oneof(side(9), fc.constantFrom(32, 64)),
      mask: fc.constantFrom('none', 'of all queries', 'of each query'),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (given) => {
        const expected = await attentionGradients('cpu', given);
        const found = await attentionGradients('wasm', given);
        for (const [i, values] of expected.entries()) {
          const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
          expectClose(found[i]!, values, { rtol: 0, atol: 5e-6 * largest + 1e-6 }, `gradient ${i}`);
        }
        const shared = await attentionGradients('wasm', given, 3);
        expect(shared.map((values, i) => Buffer.from(values.buffer).equals(Buffer.from(found[i]!.buffer)))).toEqual(
          found.map(() => true),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('all are computed by kernels', async () => {
    await useBackend('wasm');
    expect(tf.getKernel(ATTENTION_GRADIENT, 'wasm')).toBeDefined();
    expect(tf.getKernel(LAYER_NORM_GRADIENT, 'wasm')).toBeDefined();
    expect(tf.getKernel(SWIGLU_GRADIENT, 'wasm')).toBeDefined();
  });

  test('axes in any order, of any shape and type', async () => {
    const cases = fc.array(fc.oneof(side(5), side(40)), { minLength: 1, maxLength: 4 }).chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        perm: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
        dtype: fc.constantFrom('float32' as const, 'int32' as const, 'bool' as const),
        threads: side(2),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, perm, dtype, threads }) => {
        await useBackend('wasm', { threads });
        const size = tf.util.sizeFromShape(shape);
        const x = tf.tensor(
          Array.from({ length: size }, (_, i) => (dtype === 'bool' ? Number(i % 3 === 0) : i)),
          shape,
          dtype,
        );
        const y = tf.transpose(x, perm);
        const [strides, own] = [tf.util.computeStrides(shape), tf.util.computeStrides(y.shape)];
        const index = (i: number) => {
          const location = tf.util.indexToLoc(i, perm.length, own);
          return tf.util.locToIndex(
            shape.map((_, axis) => location[perm.indexOf(axis)]!),
            shape.length,
            strides,
          );
        };
        const values = x.dataSync();
        expect(y.shape).toEqual(perm.map((axis) => shape[axis]));
        expect([...y.dataSync()]).toEqual(Array.from({ length: size }, (_, i) => values[index(i)]));
        tf.dispose([x, y]);
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    [[3, 4], [1, 0], { count: 1, rows: 3, columns: 4, run: 1 }],
    [[2, 3, 4], [0, 2, 1], { count: 2, rows: 3, columns: 4, run: 1 }],
    [[2, 3, 4, 5], [2, 3, 0, 1], { count: 1, rows: 6, columns: 20, run: 1 }],
    [[2, 3, 1, 5], [0, 3, 2, 1], { count: 2, rows: 3, columns: 5, run: 1 }],
    [[1, 3, 4], [2, 0, 1], { count: 1, rows: 3, columns: 4, run: 1 }],
    [[2, 3, 4, 5], [0, 1, 3, 2], { count: 6, rows: 4, columns: 5, run: 1 }],
    [[2, 3, 4], [1, 0, 2], { count: 1, rows: 2, columns: 3, run: 4 }],
    [[2, 3, 5, 1, 4], [0, 2, 1, 3, 4], { count: 2, rows: 3, columns: 5, run: 4 }],
    [[2, 3, 4, 5], [1, 0, 3, 2], undefined],
    [[2, 3, 4, 5], [3, 0, 1, 2], { count: 1, rows: 24, columns: 5, run: 1 }],
    [[2, 3, 4, 5], [1, 2, 3, 0], { count: 1, rows: 2, columns: 60, run: 1 }],
    [[2, 3, 4], [2, 1, 0], undefined],
    [[2, 3], [0, 1], undefined],
    [[], [], undefined],
  ])('%j with its axes in the order %j: matrices %j', (shape, perm, matrices) => {
    expect(transposedMatrices(shape, perm)).toEqual(matrices);
  });

  test('sums over any axes', async () => {
    const cases = fc
      .array(fc.oneof(side(5), fc.constantFrom(8, 16, 20, 36)), { minLength: 1, maxLength: 3 })
      .chain((shape) =>
        fc.record({
          shape: fc.constant(shape),
          axes: fc.subarray([...shape.keys()]),
          keepDims: fc.boolean(),
          dtype: fc.constantFrom('float32' as const, 'int32' as const),
          threads: side(2),
        }),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, axes, keepDims, dtype, threads }) => {
        // Small whole numbers: sums are exact in any order.
        const values = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => (i * i) % 11);
        const results: [number[], number[]][] = [];
        for (const backend of ['cpu', 'wasm'] as const) {
          await useBackend(backend, backend === 'wasm' ? { threads } : {});
          const x = tf.tensor(values, shape, dtype);
          const y = tf.sum(x, axes, keepDims);
          results.push([y.shape, [...y.dataSync()]]);
          tf.dispose([x, y]);
        }
        expect(results[1]).toEqual(results[0]);
      }),
      { numRuns: 100 },
    );
  });

  test('parts along an axis', async () => {
    await useBackend('wasm');
    const x = tf.reshape(tf.range(0, 24), [2, 3, 4]);
    for (const axis of [0, 1, 2, -1]) {
      const parts = tf.unstack(x, axis);
      const joined = tf.stack(parts, axis);
      expect(parts.map(({ shape }) => shape)).toEqual(parts.map(() => [2, 3, 4].toSpliced(axis, 1)));
      expect([...joined.dataSync()]).toEqual([...x.dataSync()]);
      tf.dispose([...parts, joined]);
    }
    x.dispose();
  });

  test.each([
    ['a clone', (x: tf.Tensor) => tf.clone(x)],
    ['a cast to the same type', (x: tf.Tensor) => tf.cast(x, 'float32')],
  ])('%s shares the memory of its tensor, which lives as long as one of both', async (_, copy) => {
    await useBackend('wasm');
    const backend = tf.backend() as unknown as WasmBackend;
    const before = tf.memory().numDataBuffers;
    for (const first of [0, 1]) {
      const x = tf.tensor1d([1.5, -2]);
      const both = [x, copy(x)];
      expect(addressOf(backend, both[1]!)).toBe(addressOf(backend, x));
      both[first]!.dispose();
      const others = Array.from({ length: 8 }, () => tf.tensor1d([7, 7]));
      expect([...both[1 - first]!.dataSync()]).toEqual([1.5, -2]);
      tf.dispose([both[1 - first]!, ...others]);
      expect(tf.memory().numDataBuffers).toBe(before);
    }
  });

  test("tfjs's own kernels give the same results after a reset of the engine", async () => {
    for (let start = 0; start < 2; start++) {
      await useBackend('wasm');
      const x = tf.tensor([1, 2, 3, 4, 5, 6], [1, 2, 3]);
      expect([...tf.sum(x, -1).dataSync()]).toEqual([6, 15]);
      expect([...tf.transpose(tf.reshape(x, [3, 2, 1]), [2, 1, 0]).dataSync()]).toEqual([1, 3, 5, 2, 4, 6]);
      expect([...tf.transpose(tf.cast(x, 'int32'), [2, 1, 0]).dataSync()]).toEqual([1, 4, 2, 5, 3, 6]);
      expect([...tf.max(x, 1).dataSync()]).toEqual([4, 5, 6]);
      tf.engine().reset();
    }
  });

  test('a cast to another type converts', async () => {
    await useBackend('wasm');
    const x = tf.tensor1d([1.75, -2.25]);
    const whole = tf.cast(x, 'int32');
    expect([...whole.dataSync()]).toEqual([1, -2]);
    expect([...tf.cast(whole, 'float32').dataSync()]).toEqual([1, -2]);
    expect([...x.dataSync()]).toEqual([1.75, -2.25]);
  });
});
