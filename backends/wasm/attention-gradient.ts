import * as tf from '@tensorflow/tfjs-core';
import type { AttentionAttributes } from '../../src/nn/kernels/declarations.js';
import type { AttentionGradientInputs } from '../../src/nn/kernels/training-kernels.js';
import { scoreStride, sizesOf } from './attention.js';
import { addressOf, type WasmBackend, withScratch } from './backend.js';
import { type Call, inRanges, OWN_SCRATCH, runParts, threadsOf } from './parallel.js';
import { type Matrix, multiply } from './simd/multiply.js';
import { productScratch } from './simd/product.js';

/** Products of a head, each of M · N · D multiplications. */
const PRODUCTS = 5;

/**
 * Gradients of attention, head by head. The attention weights are computed again from queries and keys: that costs less than
 * keeping them from the forward pass, and splitting and joining heads.
 *
 * q, dy: [B, M, D], keys, values: [B, N, D], mask: [B, 1, M or 1, N] → gradients of q, keys and values
 */
export function attentionGradient(
  backend: WasmBackend,
  { q, keys, values, mask, dy }: AttentionGradientInputs,
  { heads }: AttentionAttributes,
): tf.TensorInfo[] {
  const { b, m, n, d } = sizesOf(q, keys, heads);
  const results = [q, keys, values].map(({ shape }) => backend.makeOutput([...shape], 'float32'));
  const tensors = [q, dy, keys, values, ...results].map((x) => ({
    address: addressOf(backend, x),
    sample: tf.util.sizeFromShape(x.shape) / b,
  }));
  const maskRows = mask?.shape[2] ?? 0;
  const maskAddress = mask ? addressOf(backend, mask) : 0;

  const working = productScratch(Math.max(m, n, d));
  const [stride, turnedStride] = [scoreStride(n), scoreStride(m)];
  // M × N weights and their gradients, and one of them transposed.
  const [weightsAt, gradientsAt, turnedAt] = [0, 1, 2].map((i) => OWN_SCRATCH + working + i * m * stride) as [
    number,
    number,
    number,
  ];
  const scores = (address: number): Matrix => ({ address, rowStride: stride, columnStride: 4 });
  const turned: Matrix = { address: turnedAt, rowStride: turnedStride, columnStride: 4 };
  const turn = (address: number): Call => ['transpose', address, stride, turnedAt, turnedStride, m, n];

  const head = (i: number): Call[] => {
    const [sample, at] = [Math.floor(i / heads), (i % heads) * d];
    const rowStride = 4 * heads * d;
    const [queries, outputs, ownKeys, ownValues, dQueries, dKeys, dValues] = tensors.map((x) => ({
      address: x.address + 4 * (sample * x.sample + at),
      rowStride,
      columnStride: 4,
    })) as [Matrix, Matrix, Matrix, Matrix, Matrix, Matrix, Matrix];
    const transposed = ({ address }: Matrix): Matrix => ({ address, rowStride: 4, columnStride: rowStride });
    const masked = [maskAddress && maskAddress + 4 * sample * maskRows * n, maskRows > 1 ? 4 * n : 0];
    return [
      ...multiply(queries, transposed(ownKeys), scores(weightsAt), [m, n, d]),
      ['softmax', weightsAt, stride, ...masked, m, n, d ** -0.5],
      turn(weightsAt),
      ...multiply(turned, outputs, dValues, [n, d, m]),
      ...multiply(outputs, transposed(ownValues), scores(gradientsAt), [m, n, d]),
      ['softmaxGradient', weightsAt, gradientsAt, stride, m, n, d ** -0.5],
      ...multiply(scores(gradientsAt), ownKeys, dQueries, [m, d, n]),
      turn(gradientsAt),
      ...multiply(turned, queries, dKeys, [n, d, m]),
    ];
  };

  const scratchBytes = working + 2 * m * stride + n * turnedStride;
  return withScratch(backend, threadsOf(backend) * scratchBytes, (scratch) => {
    const parts = inRanges(backend, b * heads, 1, PRODUCTS * b * heads * m * n * d, (from, to) =>
      Array.from({ length: to - from }, (_, i) => head(from + i)).flat(),
    );
    runParts(backend, parts, scratch, scratchBytes);
    return results;
  });
}
