import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionInputs } from '../../src/nn/kernels/kernel.js';
import { addressOf, type WasmBackend, withScratch } from './backend.js';
import { simdModule } from './simd/module.js';
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
  const module = simdModule(backend);
  const at = (tensor: tf.TensorInfo) => addressOf(backend, tensor);
  const maskRows = mask?.shape[2] ?? 0;
  const stride = 4 * (n + 3 - ((n + 3) % 4));
  const atOnce = Math.min(m, Math.max(1, Math.floor(SCORE_BYTES / stride)));
  const working = productScratch(Math.max(n, d));
  return withScratch(backend, working + atOnce * stride, (scratch) => {
    const out = backend.makeOutput([b, heads, m, d], 'float32');
    const [queries, allKeys, allValues, results] = [at(q), at(keys), at(values), at(out)];
    const scores = { address: scratch + working, rowStride: stride, columnStride: 4 };
    for (let head = 0; head < b * heads; head++) {
      const headKeys = transposedDense(allKeys + 4 * head * n * d, d);
      const headValues = dense(allValues + 4 * head * n * d, d);
      for (let row = 0; row < m; row += atOnce) {
        const rows = Math.min(atOnce, m - row);
        const skipped = 4 * (head * m + row) * d;
        const maskRow = Math.floor(head / heads) * maskRows + (maskRows > 1 ? row : 0);
        multiply(module, dense(queries + skipped, d), headKeys, scores, [rows, n, d], 0, scratch);
        module.softmax!(
          ...[scores.address, stride],
          ...(mask ? [at(mask) + 4 * maskRow * n, maskRows > 1 ? 4 * n : 0] : [0, 0]),
          ...[rows, n, d ** -0.5],
        );
        multiply(module, scores, headValues, dense(results + skipped, d), [rows, d, n], 0, scratch);
      }
    }
    return out;
  });
}
