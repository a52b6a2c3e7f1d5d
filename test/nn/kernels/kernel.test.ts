import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { additiveMask, attention } from '../../../src/nn/attention.js';
import { buildConvolution, convolution } from '../../../src/nn/convolution.js';
import {
  APPEND,
  ATTENTION,
  CONVOLUTION,
  DECODER_TOKEN,
  LAYER_NORM,
  LINEAR,
  PACKED_LINEAR,
  PACKED_ROWS,
  SWIGLU,
} from '../../../src/nn/kernels/declarations.js';
import { kernelOrFallback } from '../../../src/nn/kernels/run-kernel.js';
import { buildLayerNorm, layerNorm } from '../../../src/nn/layer-norm.js';
import { buildLinear, linear } from '../../../src/nn/linear.js';
import { buildMlp, mlp } from '../../../src/nn/mlp.js';
import { packedRows } from '../../../src/nn/packed/packed-matrix.js';
import { ParameterList } from '../../../src/nn/parameters.js';
import { onEachBackend } from '../../on-backends.js';
import { expectClose } from '../../vectors.js';
import { fill, normals, release } from '../plain.js';

const CLOSE = { rtol: 1e-5, atol: 1e-5 };

interface AttentionShape {
  readonly b: number;
  readonly heads: number;
  readonly m: number;
  readonly n: number;
  readonly width: number;
  readonly mask: string;
  readonly seed: number;
}

interface ConvolutionShape {
  readonly b: number;
  readonly h: number;
  readonly w: number;
  readonly input: number;
  readonly output: number;
  readonly seed: number;
}

/** Expects what `compute` gives to be what it gives while gradients are taken: then only what kernels stand for is run. */
async function sameAsComposed(compute: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): Promise<void> {
  const before = tf.memory().numTensors;
  const fast = compute(...inputs);
  const { value, grads } = tf.valueAndGrads(compute)(inputs, tf.onesLike(fast));
  expectClose(await fast.data(), await value.data(), CLOSE);
  tf.dispose([fast, value, ...grads]);
  // The ones that the gradients were given.
  expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1);
}

onEachBackend((name) => {
  const numRuns = name === 'webgpu' ? 4 : 25;
  const some = (max: number) => fc.integer({ min: 1, max });

  const shapes = fc.record({
    b: some(2),
    heads: some(3),
    m: fc.oneof(some(23), fc.constant(1)),
    n: some(80),
    width: fc.oneof(some(9), fc.constantFrom(16, 64, 72)),
    mask: fc.constantFrom('none', 'rows', 'shared'),
    seed: some(999),
  });

  const sameAttention = async ({ b, heads, m, n, width, mask, seed }: AttentionShape) => {
    const of = (count: number, shift: number) =>
      tf.tensor3d(normals(b * count * heads * width, seed + shift), [b, count, heads * width]);
    const inputs = [of(m, 0), of(n, 1), of(n, 2)];
    const rows = mask === 'rows' ? m : 1;
    const hidden = normals(b * rows * n, seed + 3).map((x) => (x > 0.3 ? 1 : 0));
    const additive = mask === 'none' ? undefined : additiveMask(hidden, [b, rows, n]);
    const attend = (q: tf.Tensor, keys: tf.Tensor, values: tf.Tensor) =>
      attention(q as tf.Tensor3D, { keys: keys as tf.Tensor3D, values: values as tf.Tensor3D }, heads, additive);
    await sameAsComposed(attend as (...inputs: tf.Tensor[]) => tf.Tensor, inputs);
    tf.dispose([...inputs, ...(additive ? [additive] : [])]);
  };

  test('attention', async () => {
    await fc.assert(fc.asyncProperty(shapes, sameAttention), { numRuns });
  });

  test('attention with more scores than fit into one block', async () => {
    await sameAttention({ b: 1, heads: 2, m: 520, n: 516, width: 4, mask: 'rows', seed: 1 });
  });

  test('layer norm, linear and SwiGLU', async () => {
    const sizes = fc.record({
      rows: some(40),
      input: some(40),
      output: fc.integer({ min: 2, max: 70 }),
      seed: some(999),
    });
    const check = fc.asyncProperty(sizes, async ({ rows, input, output, seed }) => {
      const list = new ParameterList();
      const norm = buildLayerNorm(list.scope('norm'), input);
      const map = buildLinear(list.scope('map'), input, output);
      const gated = buildMlp(list.scope('mlp'), input, output, {
        activation: 'SiLU',
        gated: true,
        bias: seed % 2 === 0,
      });
      fill(list);
      const values = normals(rows * input, seed);
      // Numbers of a row that are apart, and sums of about 1: else the composed ones are off by more than the tolerance.
      const apart = tf.tensor2d(
        values.map((value, i) => value + ((i % input) % 2 === 0 ? 4 : -4)),
        [rows, input],
      );
      const small = tf.tensor2d(
        values.map((value) => value / Math.sqrt(input)),
        [rows, input],
      );
      await sameAsComposed((x) => layerNorm(norm, x), [apart]);
      await sameAsComposed((x) => linear(map, x), [small]);
      await sameAsComposed((x) => mlp(gated, x), [small]);
      tf.dispose([apart, small]);
      release(list);
    });
    await fc.assert(check, { numRuns });
  });

  const sameConvolution = async ({ b, h, w, input, output, seed }: ConvolutionShape) => {
    const list = new ParameterList();
    const layer = buildConvolution(list, input, output);
    fill(list, seed);
    const x = tf.tensor4d(
      normals(b * h * w * input, seed).map((value) => value / Math.sqrt(9 * input)),
      [b, h, w, input],
    );
    await sameAsComposed((x) => convolution(layer, x as tf.Tensor4D), [x]);
    await sameAsComposed((x) => convolution(layer, x as tf.Tensor4D, 2), [x]);
    x.dispose();
    release(list);
  };

  test('convolution', async () => {
    const sizes = fc.record({
      b: some(2),
      h: some(9),
      w: some(9),
      input: fc.oneof(some(6), fc.constantFrom(8, 64)),
      output: fc.oneof(some(6), fc.constantFrom(8, 40, 72)),
      seed: some(999),
    });
    await fc.assert(fc.asyncProperty(sizes, sameConvolution), { numRuns });
  });

  test('convolution with more pixels and outputs than fit into one block', async () => {
    await sameConvolution({ b: 2, h: 39, w: 42, input: 8, output: 136, seed: 1 });
    await sameConvolution({ b: 1, h: 3, w: 600, input: 4, output: 8, seed: 2 });
  });

  test('NaN in the input is NaN in the result', async () => {
    const x = tf.tensor2d([1, Number.NaN, 3, 4, 1, 2, 3, 4], [2, 4]);
    const [weight, bias] = [tf.ones([4]), tf.zeros([4])];
    const none = () => tf.clone(x);
    const q = tf.reshape(x, [1, 2, 4]);
    const results = [
      kernelOrFallback(LAYER_NORM, { x, weight, bias }, { epsilon: 1e-6 }, () => layerNormOf(x)),
      kernelOrFallback(SWIGLU, { gate: x, x }, {}, none),
      kernelOrFallback(ATTENTION, { q, keys: q, values: q }, { heads: 1 }, none),
    ];
    for (const result of results) expect(Number.isNaN((await result.data())[1])).toBe(true);
    tf.dispose([x, weight, bias, q, ...results]);
  });

  const packed = fc.record({
    dtype: fc.constantFrom('f16' as const, 'int8' as const),
    // With edges of blocks that kernels take at once, and those next to them.
    rows: fc.oneof(some(4), some(30), fc.constantFrom(1, 16, 17, 64, 65)),
    input: fc.oneof(some(70), fc.constantFrom(1, 16, 64, 4400)),
    output: fc.oneof(some(70), fc.constantFrom(1, 4, 32, 64, 65)),
    bias: fc.boolean(),
    seed: some(999),
  });

  test('linear with weights in 16 or 8 bits', async () => {
    const check = fc.asyncProperty(packed, async ({ dtype, rows, input, output, bias, seed }) => {
      const list = new ParameterList();
      const map = buildLinear(list, input, output, bias);
      map.weight.setDtype(dtype);
      fill(list, seed);
      // Sums of about 1, however long: else the composed ones are off by more than the tolerance.
      const values = normals(rows * input, seed).map((value) => value / Math.sqrt(input));
      const x = tf.tensor2d(values, [rows, input]);
      await sameAsComposed((x) => linear(map, x), [x]);
      x.dispose();
      release(list);
    });
    await fc.assert(check, { numRuns: name === 'webgpu' ? numRuns : 3 * numRuns });
  });

  test('a NaN row leaves the others unchanged, with weights in 16 or 8 bits', async () => {
    for (const dtype of ['f16', 'int8'] as const) {
      for (const [rows, input] of [
        [2, 5],
        [20, 18],
      ] as const) {
        const list = new ParameterList();
        const map = buildLinear(list, input, 3);
        map.weight.setDtype(dtype);
        fill(list);
        const values = normals(rows * input, 1);
        const broken = values.map((value, i) => (i < input ? value : Number.NaN));
        const [whole, first] = [values, broken].map((x) => linear(map, tf.tensor2d(x, [rows, input])));
        expect((await first!.data()).slice(0, 3)).toEqual((await whole!.data()).slice(0, 3));
        expect(Number.isNaN((await first!.data())[3])).toBe(true);
        tf.disposeVariables();
      }
    }
  });

  test('rows of weights in 16 or 8 bits, to the last bit', async () => {
    const check = fc.asyncProperty(packed, async ({ dtype, rows, input, output, seed }) => {
      const list = new ParameterList();
      const { weight } = buildLinear(list, input, output, false);
      weight.setDtype(dtype);
      fill(list, seed);
      const indices = Int32Array.from({ length: rows }, (_, i) => (i * seed) % output);
      const taken = tf.tidy(() => packedRows(weight.packed, tf.tensor1d(indices, 'int32')));
      const all = await weight.read();
      const expected = [...indices].flatMap((row) => [...all.subarray(row * input, (row + 1) * input)]);
      expect([...(await taken.data())]).toEqual(expected);
      taken.dispose();
      release(list);
    });
    await fc.assert(check, { numRuns });
  });

  test('wasm and WebGPU have kernels', () => {
    const all = [ATTENTION, LAYER_NORM, LINEAR, PACKED_LINEAR, PACKED_ROWS, SWIGLU];
    const ofWasm = [APPEND, CONVOLUTION, DECODER_TOKEN];
    const known = (kernels: string[]) => kernels.filter((kernel) => tf.getKernel(kernel, tf.getBackend()));
    expect(known(all)).toEqual(name === 'wasm' || name === 'webgpu' ? all : []);
    expect(known(ofWasm)).toEqual(name === 'wasm' ? ofWasm : []);
  });
});

function layerNormOf(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.sub(x, tf.mean(x, -1, true)));
}
