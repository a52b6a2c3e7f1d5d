/** Kernels with relaxed SIMD and without: on Node 20 only the latter. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { useBackend } from '../../../backends/index.js';
import { BackendUnavailableError } from '../../../src/errors.js';
import { attention } from '../../../src/nn/attention.js';
import { buildConvolution, convolution } from '../../../src/nn/convolution.js';
import { buildLayerNorm, layerNorm } from '../../../src/nn/layer-norm.js';
import { buildLinear, linear } from '../../../src/nn/linear.js';
import { buildMlp, mlp } from '../../../src/nn/mlp.js';
import { ParameterList } from '../../../src/nn/parameters.js';
import { fill, normals, release } from '../../nn/plain.js';
import { onBackends } from '../../on-backends.js';
import { distance, size, valueAndGradients, valuesOf } from '../values.js';

/** Rounding errors of sums of up to a hundred products of about 1. */
const ROUNDING = 3e-5;

const { description } = await useBackend('wasm', { threads: 1 });
/** Whether engine and processor have relaxed SIMD. */
const available = description.includes('relaxed');

/** Computes on cpu, and on wasm in each way that is available. @returns the distances from cpu */
async function distances(compute: () => Promise<number[][]>): Promise<number[]> {
  await useBackend('cpu');
  const expected = await compute();
  const found: number[] = [];
  for (const relaxedSimd of available ? [false, true] : [false]) {
    await useBackend('wasm', { threads: 1, relaxedSimd });
    found.push(distance(await compute(), expected));
  }
  return found;
}

async function expectSame(compute: () => tf.Tensor): Promise<void> {
  const found = await distances(async () => {
    const result = tf.tidy(compute);
    const values = [...(await result.data())];
    result.dispose();
    return [values];
  });
  expect(Math.max(...found)).toBeLessThan(ROUNDING);
}

function noise<R extends tf.Rank>(shape: tf.ShapeMap[R], seed: number): tf.Tensor<R> {
  return tf.tensor(normals(tf.util.sizeFromShape(shape), seed), shape);
}

const upTo = (max: number) => fc.integer({ min: 1, max });

onBackends(['wasm'], () => {
  test('the description names relaxed SIMD when in use; it can be disabled', async () => {
    expect(description).toBe(`WebAssembly with ${available ? 'relaxed ' : ''}SIMD, 1 thread`);
    const refused = await useBackend('wasm', { threads: 1, relaxedSimd: false });
    expect(refused.description).toBe('WebAssembly with SIMD, 1 thread');
    expect((await useBackend('wasm', { threads: 1 })).description).toBe(description);
  });

  test('where the engine does not have it, it is not used, and an error if required', async () => {
    const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    try {
      expect((await useBackend('wasm', { threads: 1 })).description).toBe('WebAssembly with SIMD, 1 thread');
      const required = useBackend('wasm', { threads: 1, relaxedSimd: true });
      await expect(required).rejects.toThrow(BackendUnavailableError);
      await expect(required).rejects.toThrow(/relaxed SIMD.*leave out the option relaxedSimd/);
    } finally {
      validate.mockRestore();
    }
  });

  test('threads are exchanged together with the kernels', async () => {
    const [x, y] = [noise<tf.Rank.R2>([150, 200], 1), noise<tf.Rank.R2>([200, 300], 2)];
    const bits = async (options: { threads: number; relaxedSimd: boolean }) => {
      await useBackend('wasm', options);
      const product = tf.matMul(x, y);
      const values = product.dataSync().slice();
      product.dispose();
      return Buffer.from(values.buffer).toString('base64');
    };
    const settings = [available, false, available];
    const byOne = [];
    for (const relaxedSimd of settings) byOne.push(await bits({ threads: 1, relaxedSimd }));
    const byTwo = [];
    for (const relaxedSimd of settings) byTwo.push(await bits({ threads: 2, relaxedSimd }));
    expect(byTwo).toEqual(byOne);
    expect(byOne[0] === byOne[1]).toBe(!available);
    tf.dispose([x, y]);
  });

  describe('results are those of cpu', () => {
    test('of products, and their gradients', async () => {
      const sides = fc.record({ m: upTo(20), k: upTo(40), n: upTo(70), transposed: fc.boolean() });
      const products = sides.chain(({ m, k, n, transposed }) =>
        fc.record({
          a: valuesOf([2, m, k]),
          b: valuesOf(transposed ? [2, n, k] : [2, k, n]),
          transposed: fc.constant(transposed),
        }),
      );
      await fc.assert(
        fc.asyncProperty(products, async ({ a, b, transposed }) => {
          const product = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, false, transposed);
          const found = await distances(() => valueAndGradients([a, b], product));
          expect(Math.max(...found)).toBeLessThan(ROUNDING);
        }),
        { numRuns: 20 },
      );
    });

    test.each(['f32', 'f16', 'int8'] as const)(
      'of linear maps of one, few and many rows, weights in %s',
      async (dtype) => {
        await fc.assert(
          fc.asyncProperty(fc.oneof(fc.constant(1), upTo(30)), upTo(80), upTo(80), async (rows, k, n) => {
            const list = new ParameterList();
            const layer = buildLinear(list, k, n);
            layer.weight.setDtype(dtype);
            fill(list);
            const x = noise<tf.Rank.R2>([rows, k], 1);
            await expectSame(() => linear(layer, x));
            x.dispose();
            release(list);
          }),
          { numRuns: 10 },
        );
      },
    );

    test('of linear maps of few and many tokens with quantized inputs, to a step of one input', async () => {
      const shape = fc.tuple(upTo(3), fc.oneof(upTo(40), fc.constantFrom(16, 17)), upTo(80), upTo(80), fc.boolean());
      await fc.assert(
        fc.asyncProperty(shape, upTo(999), async ([batch, tokens, k, n, bias], seed) => {
          const list = new ParameterList();
          const layer = buildLinear(list, k, n, bias);
          layer.weight.setDtype('int8-dynamic');
          fill(list, seed);
          // Integers, the largest 63, are exact in 7 bits: no value is halfway between two.
          const values = normals(batch * tokens * k, seed).map((value) => Math.round(20 * value));
          for (let row = 0; row < batch * tokens; row++) values[row * k] = row % 5 === 0 ? 63 : -63;
          const clipped = values.map((value) => Math.max(-63, Math.min(63, value)) / 63);
          const x = tf.tensor3d(clipped, [batch, tokens, k]);
          await expectSame(() => linear(layer, x));
          x.dispose();
          release(list);
        }),
        { numRuns: 30 },
      );
    });

    test('of attention of one query and of several', async () => {
      const queries = fc.oneof(fc.constant(1), upTo(20));
      await fc.assert(
        fc.asyncProperty(size, queries, upTo(50), fc.constantFrom(4, 8, 16), async (heads, m, n, width) => {
          const rows = (count: number, seed: number) => noise<tf.Rank.R3>([2, count, heads * width], seed);
          const [q, keys, values] = [rows(m, 1), rows(n, 2), rows(n, 3)];
          await expectSame(() => attention(q, { keys, values }, heads));
          tf.dispose([q, keys, values]);
        }),
        { numRuns: 15 },
      );
    });

    test('of layer norms and gated MLPs', async () => {
      await fc.assert(
        fc.asyncProperty(size, upTo(20), async (rows, quarter) => {
          const list = new ParameterList();
          const norm = buildLayerNorm(list, 4 * quarter);
          const layer = buildMlp(list, 4 * quarter, 8 * quarter, { activation: 'SiLU', gated: true, bias: true });
          fill(list);
          const x = noise<tf.Rank.R2>([rows, 4 * quarter], 1);
          await expectSame(() => layerNorm(norm, x));
          await expectSame(() => mlp(layer, x));
          x.dispose();
          release(list);
        }),
        { numRuns: 10 },
      );
    });

    test('of convolutions', async () => {
      const channels = fc.constantFrom(3, 8, 16);
      const stride = fc.constantFrom<1 | 2>(1, 2);
      await fc.assert(
        fc.asyncProperty(upTo(8), upTo(8), channels, channels, stride, async (h, w, input, output, stride) => {
          const list = new ParameterList();
          const layer = buildConvolution(list, input, output);
          fill(list);
          const x = noise<tf.Rank.R4>([2, h, w, input], 1);
          await expectSame(() => convolution(layer, x, stride));
          x.dispose();
          release(list);
        }),
        { numRuns: 10 },
      );
    });
  });
});
