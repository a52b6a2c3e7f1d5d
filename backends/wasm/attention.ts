import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionAttributes, AttentionInputs } from '../../src/nn/kernels/declarations.js';
import type { KernelMemory } from '../../src/nn/kernels/memory-info.js';
import { addressOf, type WasmBackend } from './backend.js';
import { type Call, computed, inRanges, OWN_SCRATCH, threadsOf } from './parallel.js';
import { multiply } from './simd/multiply.js';
import { ONE_QUERY_STEP } from './simd/one-query.js';
import { productScratch } from './simd/product.js';

/** Bytes of attention scores computed at once: about the size of a processor's cache. */
const SCORE_BYTES = 2 ** 20;

/** Rows of each sample. */
export interface Rows {
  readonly address: number;
  /** From sample to sample, in bytes. */
  readonly sample: number;
}

export interface Sizes {
  readonly b: number;
  readonly heads: number;
  readonly m: number;
  readonly n: number;
  /** Of a head. */
  readonly d: number;
}

interface Operands {
  readonly q: Rows;
  readonly keys: Rows;
  readonly values: Rows;
  readonly out: Rows;
  /** Address 0 without a mask. */
  readonly mask: Rows;
  /** From query to query, in bytes; 0 if all have the same. */
  readonly maskStride: number;
}

/** q: [B, M, D], keys, values: [B, N, D], mask: [B, 1, M or 1, N] → [B, M, D] */
export function attention(
  backend: WasmBackend,
  { q, keys, values, mask }: AttentionInputs,
  { heads }: AttentionAttributes,
): tf.TensorInfo {
  const sizes = sizesOf(q, keys, heads);
  const { b, m, n } = sizes;
  const width = q.shape[2]!;
  const rows = (address: number, tokens: number) => ({ address, sample: 4 * tokens * width });
  const maskRows = mask?.shape[2] ?? 0;
  const given = {
    q: rows(addressOf(backend, q), m),
    keys: rows(addressOf(backend, keys), n),
    values: rows(addressOf(backend, values), n),
    mask: { address: mask ? addressOf(backend, mask) : 0, sample: 4 * maskRows * n },
    maskStride: maskRows > 1 ? 4 * n : 0,
  };
  const plan = planAttention(sizes);
  return computed(backend, [b, m, width], plan.scratch, (out) => {
    const operands = { ...given, out: rows(out, m) };
    return inRanges(backend, plan.parts, 1, 2 * b * m * n * width, (from, to) => plan.part(operands, from, to));
  });
}

export function attentionMemory(
  backend: WasmBackend,
  { q, keys }: AttentionInputs,
  { heads }: AttentionAttributes,
): KernelMemory {
  return { scratch: threadsOf(backend) * planAttention(sizesOf(q, keys, heads)).scratch };
}

export function sizesOf(q: tf.TensorInfo, keys: tf.TensorInfo, heads: number): Sizes {
  const [b, m, width] = q.shape as [number, number, number];
  return { b, heads, m, n: keys.shape[1]!, d: width / heads };
}

/** How attention is cut into parts. */
export interface Plan {
  readonly parts: number;
  /** Scratch memory of a thread, in bytes. */
  readonly scratch: number;
  readonly part: (operands: Operands, from: number, to: number) => Call[];
}

/** The faster of the two algorithms. */
export function planAttention(sizes: Sizes): Plan {
  return sizes.m === 1 && sizes.d % ONE_QUERY_STEP === 0 ? planOneQuery(sizes) : planHeads(sizes);
}

/** Bytes of a row of scores, padded to whole vectors. */
export function scoreStride(n: number): number {
  return 4 * (n + 3 - ((n + 3) % 4));
}

/** Head by head and some queries at a time, so that the full score matrix is never stored. */
function planHeads({ b, heads, m, n, d }: Sizes): Plan {
  const stride = scoreStride(n);
  const rowStride = 4 * heads * d;
  const atOnce = Math.min(m, Math.max(1, Math.floor(SCORE_BYTES / stride)));
  const rounds = Math.ceil(m / atOnce);
  const working = productScratch(Math.max(n, d));
  const scores = { address: OWN_SCRATCH + working, rowStride: stride, columnStride: 4 };
  const some = ({ q, keys, values, mask, maskStride, out }: Operands, i: number): Call[] => {
    const [sample, head, row] = [Math.floor(i / rounds / heads), Math.floor(i / rounds) % heads, (i % rounds) * atOnce];
    const rows = Math.min(atOnce, m - row);
    const at = (x: Rows, position: number) => x.address + sample * x.sample + position * rowStride + 4 * head * d;
    const matrix = (x: Rows, position = 0) => ({ address: at(x, position), rowStride, columnStride: 4 });
    const headKeys = { address: at(keys, 0), rowStride: 4, columnStride: rowStride };
    const masked = [mask.address && mask.address + sample * mask.sample + row * maskStride, maskStride];
    return [
      ...multiply(matrix(q, row), headKeys, scores, [rows, n, d]),
      ['softmax', scores.address, stride, ...masked, rows, n, d ** -0.5],
      ...multiply(scores, matrix(values), matrix(out, row), [rows, d, n]),
    ];
  };
  return {
    parts: b * heads * rounds,
    scratch: working + atOnce * stride,
    part: (operands, from, to) => Array.from({ length: to - from }, (_, i) => some(operands, from + i)).flat(),
  };
}

/** One query per sample: keys and values are read in one sequential pass each, for all heads. */
function planOneQuery({ b, heads, n, d }: Sizes): Plan {
  const stride = scoreStride(n);
  const rowStride = 4 * heads * d;
  const some = ({ q, keys, values, mask, out }: Operands, sample: number, from: number, to: number): Call[] => {
    const at = (x: Rows) => x.address + sample * x.sample + 4 * from * d;
    const masked = mask.address && mask.address + sample * mask.sample;
    const sizes = [n, to - from, d];
    return [
      ['scoresOfOne', at(q), at(keys), rowStride, OWN_SCRATCH, stride, ...sizes],
      ['softmax', OWN_SCRATCH, stride, masked, 0, to - from, n, d ** -0.5],
      ['valuesOfOne', OWN_SCRATCH, stride, at(values), rowStride, at(out), ...sizes],
    ];
  };
  return {
    parts: heads,
    scratch: heads * stride,
    part: (operands, from, to) => Array.from({ length: b }, (_, sample) => some(operands, sample, from, to)).flat(),
  };
}
