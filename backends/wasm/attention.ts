import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionInputs } from '../../src/nn/kernels/kernel.js';
import { addressOf, type WasmBackend } from './backend.js';
import { type Call, computed, inRanges, OWN_SCRATCH } from './parallel.js';
import { dense, multiply, transposedDense } from './simd/multiply.js';
import { productScratch } from './simd/product.js';

/** Scores of so many pairs of query and key are kept at once, in bytes: about what a processor's cache holds. */
const SCORE_BYTES = 2 ** 20;

/**
 * Attention, head by head and some queries at a time, so that no table of all scores is ever made.
 *
 * q: [B, H, M, d], keys, values: [B, H, N, d], mask: [B, 1, M or 1, N] → [B, H, M, d]
 */
export function attention(backend: WasmBackend, { q, keys, values, mask }: AttentionInputs): tf.TensorInfo {
  const [b, heads, m, d] = q.shape as [number, number, number, number];
  const n = keys.shape[2]!;
  const [queries, allKeys, allValues, masks] = [q, keys, values, mask].map((x) => (x ? addressOf(backend, x) : 0)) as [
    number,
    number,
    number,
    number,
  ];
  const maskRows = mask?.shape[2] ?? 0;
  const stride = 4 * (n + 3 - ((n + 3) % 4));
  const atOnce = Math.min(m, Math.max(1, Math.floor(SCORE_BYTES / stride)));
  const working = productScratch(Math.max(n, d));
  const scores = { address: OWN_SCRATCH + working, rowStride: stride, columnStride: 4 };

  /** Some queries of a head. */
  const some = (head: number, row: number, out: number): Call[] => {
    const headKeys = transposedDense(allKeys + 4 * head * n * d, d);
    const headValues = dense(allValues + 4 * head * n * d, d);
    const rows = Math.min(atOnce, m - row);
    const skipped = 4 * (head * m + row) * d;
    const maskRow = Math.floor(head / heads) * maskRows + (maskRows > 1 ? row : 0);
    const masked = mask ? [masks + 4 * maskRow * n, maskRows > 1 ? 4 * n : 0] : [0, 0];
    return [
      ...multiply(dense(queries + skipped, d), headKeys, scores, [rows, n, d]),
      ['softmax', scores.address, stride, ...masked, rows, n, d ** -0.5],
      ...multiply(scores, headValues, dense(out + skipped, d), [rows, d, n]),
    ];
  };
  const rounds = Math.ceil(m / atOnce);
  return computed(backend, [b, heads, m, d], working + atOnce * stride, (out) =>
    inRanges(backend, b * heads * rounds, 1, 2 * b * heads * m * n * d, (from, to) =>
      Array.from({ length: to - from }, (_, i) => {
        const round = from + i;
        return some(Math.floor(round / rounds), (round % rounds) * atOnce, out);
      }).flat(),
    ),
  );
}
