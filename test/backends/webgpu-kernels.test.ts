/** Kernels of WebGPU with more workgroups than a dimension takes, and with none at all. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { useBackend } from '../../backends/index.js';
import { sampledTokens } from '../../src/decoding/logits-readout.js';
import { decodingRandomness, sampleToken } from '../../src/decoding/sampling.js';
import { attention } from '../../src/nn/attention.js';
import { SWIGLU } from '../../src/nn/kernels/declarations.js';
import { kernelOrFallback } from '../../src/nn/kernels/run-kernel.js';
import { buildLayerNorm, layerNorm } from '../../src/nn/layer-norm.js';
import { buildLinear, linear } from '../../src/nn/linear.js';
import { packedRows, packMatrix } from '../../src/nn/packed/packed-matrix.js';
import type { WeightDtype } from '../../src/nn/packed/packing.js';
import { ParameterList } from '../../src/nn/parameters.js';
import { Random } from '../../src/random.js';
import { fill, normals } from '../nn/plain.js';
import { onBackends } from '../on-backends.js';
import { expectClose } from '../vectors.js';

/** The limit of a dimension, instead of 65,535, so that small shapes extend into the second and the third. */
const MAX = 3;

/** A number whose workgroups are one too many for one dimension, or for two, or anything between. @param each of a workgroup */
const beyond = (each: number) => fc.integer({ min: MAX * each + 1, max: MAX ** 3 * each });

/** Expects a layer, built on each backend, to have the same output here as on cpu. */
async function sameAsCpu(compute: () => tf.Tensor): Promise<void> {
  await useBackend('cpu');
  const expected = await compute().data();
  await useBackend('webgpu');
  expectClose(await compute().data(), expected, { rtol: 1e-5, atol: 1e-5 });
  tf.disposeVariables();
}

function filled<T>(build: (list: ParameterList) => T): T {
  const list = new ParameterList();
  const layer = build(list);
  fill(list);
  return layer;
}

const dtypes = ['f16', 'int8'] as const;

const packed = (input: number, output: number, dtype: WeightDtype) =>
  filled((list) => {
    const layer = buildLinear(list, input, output);
    layer.weight.setDtype(dtype);
    return layer;
  });

const random = <R extends tf.Rank>(...shape: number[]) =>
  tf.tensor<R>(normals(tf.util.sizeFromShape(shape), 1), shape as tf.ShapeMap[R]);

onBackends(['webgpu'], () => {
  beforeAll(() => {
    const { device } = tf.backend() as unknown as { device: GPUDevice };
    Object.defineProperty(device, 'limits', { value: { maxComputeWorkgroupsPerDimension: MAX } });
  });

  const runs = { numRuns: 3 };

  test.each([1, 20])('attention of %i queries', (queries) =>
    fc.assert(
      fc.asyncProperty(beyond(1), (heads) =>
        sameAsCpu(() => {
          const of = (count: number) => random<tf.Rank.R3>(1, count, heads * 4);
          return attention(of(queries), { keys: of(3), values: of(3) }, heads);
        }),
      ),
      runs,
    ),
  );

  test('layer norm', () =>
    fc.assert(
      fc.asyncProperty(beyond(1), (rows) =>
        sameAsCpu(() =>
          layerNorm(
            filled((list) => buildLayerNorm(list, 5)),
            random(rows, 5),
          ),
        ),
      ),
      runs,
    ));

  test('SwiGLU', () =>
    fc.assert(
      fc.asyncProperty(beyond(64), (size) =>
        sameAsCpu(() => {
          const [gate, x] = [random(size), random(size)];
          return kernelOrFallback(SWIGLU, { gate, x }, {}, () => tf.mul(tf.mul(gate, tf.sigmoid(gate)), x));
        }),
      ),
      runs,
    ));

  test.each(dtypes)('few rows times many outputs in %s', (dtype) =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 3), beyond(16), (rows, outputs) =>
        sameAsCpu(() => linear(packed(5, outputs, dtype), random(rows, 5))),
      ),
      runs,
    ),
  );

  test.each(dtypes)('many rows times outputs in %s', (dtype) =>
    fc.assert(
      fc.asyncProperty(beyond(64), (rows) => sameAsCpu(() => linear(packed(5, 3, dtype), random(rows, 5)))),
      runs,
    ),
  );

  test.each(dtypes)('rows of a table in %s', (dtype) =>
    fc.assert(
      fc.asyncProperty(beyond(32), (rows) =>
        sameAsCpu(() => {
          const indices = tf.tensor1d(Int32Array.from({ length: rows }, (_, i) => (5 * i) % 7));
          return packedRows(packMatrix(normals(7 * 6, 1), 7, dtype, 'table'), tf.cast(indices, 'int32'));
        }),
      ),
      runs,
    ),
  );

  test('tokens', () =>
    fc.assert(
      fc.asyncProperty(beyond(1), async (rows) => {
        const options = { temperature: 1, topK: 7, topP: 0.9 };
        const logits = normals(rows * 9, 1);
        const readout = sampledTokens([rows], { ...options, randomness: decodingRandomness(new Random(2)) });
        const reduced = readout.reduce(tf.tensor2d(logits, [rows, 9]));
        const uniforms = new Random(2).uniforms(rows);
        expect(readout.parse((await reduced.data()) as Int32Array)).toEqual(
          Array.from(uniforms, (u, r) => sampleToken(logits.subarray(9 * r, 9 * r + 9), options, u)),
        );
      }),
      runs,
    ));

  test('a NaN query does not affect the others of its tile', async () => {
    const [q, keys] = [normals(20 * 8, 1), random<tf.Rank.R3>(1, 3, 8)];
    const attend = (q: Float32Array) => attention(tf.tensor3d(q, [1, 20, 8]), { keys, values: keys }, 2).data();
    const whole = await attend(q);
    const broken = await attend(q.map((value, i) => (i === 8 ? Number.NaN : value)));
    expect([...broken].map((value, i) => (Number.isNaN(value) ? i : -1)).filter((i) => i >= 0)).toEqual([8, 9, 10, 11]);
    expect(broken.filter((value) => !Number.isNaN(value))).toEqual(whole.filter((_, i) => i < 8 || i > 11));
  });

  test('of empty tensors', async () => {
    const cache = { keys: random<tf.Rank.R3>(1, 3, 8), values: random<tf.Rank.R3>(1, 3, 8) };
    const results = [
      attention(random<tf.Rank.R3>(1, 0, 8), cache, 2),
      layerNorm(
        filled((list) => buildLayerNorm(list, 4)),
        random(0, 4),
      ),
      kernelOrFallback(SWIGLU, { gate: random(0), x: random(0) }, {}, () => random(0)),
      ...(['f32', ...dtypes] as const).map((dtype) => linear(packed(5, 3, dtype), random(0, 5))),
      packedRows(packMatrix(normals(15, 1), 3, 'int8', 'table'), tf.tensor1d([], 'int32')),
      sampledTokens([0], { temperature: 1, randomness: decodingRandomness(new Random(1)) }).reduce(
        random<tf.Rank.R2>(0, 9),
      ),
    ];
    for (const result of results) expect(await result.data()).toHaveLength(0);
    expect(results.map(({ shape }) => shape.join())).toEqual(['1,0,8', '0,4', '0', '0,3', '0,3', '0,3', '0,5', '0,4']);
  });
});
