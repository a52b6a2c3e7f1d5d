import * as tf from '@tensorflow/tfjs-core';
import { APPEND, ATTENTION, kernelOrFallback } from './kernels/kernel.js';
import { buildLayerNorm, type LayerNorm, layerNorm } from './layer-norm.js';
import { buildLinear, type Linear, linear } from './linear.js';
import type { ParameterList } from './parameters.js';

/**
 * What is added to the score of a key that a query may not see: so much that no score is left of the sum, and finite, so that
 * a query that may see nothing looks everywhere equally instead of becoming NaN. (The most negative float officially; a
 * softmax that looks for the largest score from about there on, as WebGPU's does, would not find it.)
 */
const MASKED_SCORE = -1e38;

/** Queries and keys are normalised head by head before they meet (QK-norm); the published models do without. */
export interface HeadNorms {
  readonly query: LayerNorm;
  readonly key: LayerNorm;
}

/** Attention of a sequence to itself. (`Attention` and `NormAttention` officially.) */
export interface SelfAttention {
  readonly heads: number;
  /** Query, key and value in one matrix, [D, 3D]. */
  readonly qkv: Linear;
  readonly proj: Linear;
  readonly norms: HeadNorms | undefined;
}

/** Attention of one sequence to another. (`CrossAttention` and `NormCrossAttention` officially.) */
export interface CrossAttention {
  readonly heads: number;
  readonly q: Linear;
  /** Key and value in one matrix, [D, 2D]. */
  readonly kv: Linear;
  readonly proj: Linear;
  readonly norms: HeadNorms | undefined;
}

/** How an attention layer is made. */
export interface AttentionConfig {
  width: number;
  /** Of the other sequence, where it is not as wide. */
  contextWidth?: number;
  heads: number;
  qkvBias: boolean;
  projBias: boolean;
  qkNorm?: boolean;
  normBias?: boolean;
  epsilon?: number;
}

/** Keys and values of a sequence, kept so that they are computed once. In their columns the heads lie side by side. */
export interface KVCache {
  /** [B, N, D] */
  readonly keys: tf.Tensor3D;
  /** [B, N, D] */
  readonly values: tf.Tensor3D;
}

export function buildSelfAttention(list: ParameterList, c: AttentionConfig): SelfAttention {
  return {
    heads: c.heads,
    qkv: buildLinear(list.scope('qkv'), c.width, 3 * c.width, c.qkvBias, 3),
    proj: buildLinear(list.scope('proj'), c.width, c.width, c.projBias),
    norms: buildHeadNorms(list, c),
  };
}

export function buildCrossAttention(list: ParameterList, c: AttentionConfig): CrossAttention {
  return {
    heads: c.heads,
    q: buildLinear(list.scope('q'), c.width, c.width, c.qkvBias),
    kv: buildLinear(list.scope('kv'), c.contextWidth ?? c.width, 2 * c.width, c.qkvBias, 2),
    proj: buildLinear(list.scope('proj'), c.width, c.width, c.projBias),
    norms: buildHeadNorms(list, c),
  };
}

function buildHeadNorms(list: ParameterList, c: AttentionConfig): HeadNorms | undefined {
  if (!c.qkNorm) return undefined;
  const build = (name: string) => buildLayerNorm(list.scope(name), c.width / c.heads, c.normBias ?? true, c.epsilon);
  return { query: build('q_norm'), key: build('k_norm') };
}

/**
 * Multi-head attention of a sequence to itself.
 *
 * @param x     [B, N, D]
 * @param mask  from {@link additiveMask}, [B, 1, N or 1, N]; absent where every position sees every other
 * @param past  keys and values of earlier positions, which come before those of `x`; every position of `x` sees them
 * @returns     the result [B, N, D], and all keys and values seen, to be handed in as `past` next time
 */
export function selfAttention(
  p: SelfAttention,
  x: tf.Tensor3D,
  mask?: tf.Tensor,
  past?: KVCache,
): { output: tf.Tensor3D; present: KVCache } {
  const [query, key, value] = tf.split(linear(p.qkv, x), 3, -1) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
  const keys = normalizeHeads(p.norms?.key, key, p.heads);
  const seen = past ? { keys: append(past.keys, keys), values: append(past.values, value) } : { keys, values: value };
  const q = normalizeHeads(p.norms?.query, query, p.heads);
  return { output: linear(p.proj, attention(q, seen, p.heads, mask)), present: seen };
}

/**
 * The keys and values that {@link crossAttention} looks at: the same for every query and every decoding step.
 *
 * @param context [B, N, D]
 */
export function contextKVCache(p: CrossAttention, context: tf.Tensor3D): KVCache {
  const [keys, values] = tf.split(linear(p.kv, context), 2, -1) as [tf.Tensor3D, tf.Tensor3D];
  return { keys: normalizeHeads(p.norms?.key, keys, p.heads), values };
}

/**
 * Multi-head attention of queries to another sequence.
 *
 * @param x     where the queries come from, [B, M, D]
 * @param seen  from {@link contextKVCache}
 * @param mask  from {@link additiveMask}, [B, 1, M or 1, N]
 * @returns     [B, M, D]
 */
export function crossAttention(p: CrossAttention, x: tf.Tensor3D, seen: KVCache, mask?: tf.Tensor): tf.Tensor3D {
  const q = normalizeHeads(p.norms?.query, linear(p.q, x), p.heads);
  return linear(p.proj, attention(q, seen, p.heads, mask));
}

/** past: [B, N, D], rows: [B, M, D] → [B, N + M, D] */
export function append(past: tf.Tensor3D, rows: tf.Tensor3D): tf.Tensor3D {
  return kernelOrFallback(APPEND, { past, rows }, {}, () => tf.concat([past, rows], 1));
}

/** Head by head. x: [B, N, D] */
function normalizeHeads(norm: LayerNorm | undefined, x: tf.Tensor3D, heads: number): tf.Tensor3D {
  if (!norm) return x;
  const [b, n, width] = x.shape;
  return tf.reshape(layerNorm(norm, tf.reshape(x, [b, n, heads, width / heads])), x.shape);
}

/**
 * Every query's average of the values, weighted by how well its key matches, in each head. (`softmax(q kᵀ / √(D/H)) v`)
 *
 * @param q     [B, M, D]
 * @param mask  added to the scores, [B, 1, M or 1, N]
 * @returns     [B, M, D]
 */
export function attention(q: tf.Tensor3D, { keys, values }: KVCache, heads: number, mask?: tf.Tensor): tf.Tensor3D {
  return kernelOrFallback(ATTENTION, { q, keys, values, mask }, { heads }, () =>
    tf.tidy(() => {
      const scaled = tf.mul(splitHeads(q, heads), (q.shape[2] / heads) ** -0.5) as tf.Tensor4D;
      const scores = tf.matMul(scaled, splitHeads(keys, heads), false, true);
      const weights = tf.softmax(mask ? tf.add(scores, mask) : scores);
      return joinHeads(tf.matMul(weights, splitHeads(values, heads)) as tf.Tensor4D);
    }),
  );
}

/**
 * Turns a mask into what is added to the scores.
 *
 * @param blocked  1 where a query may not look, 0 where it may; B × M × N values, or B × 1 × N where all queries see the same
 * @param shape    [B, M or 1, N]
 * @returns        [B, 1, M or 1, N]
 */
export function additiveMask(blocked: ArrayLike<number>, [b, m, n]: readonly [number, number, number]): tf.Tensor4D {
  return tf.tensor4d(
    Float32Array.from(blocked, (x) => (x ? MASKED_SCORE : 0)),
    [b, 1, m, n],
  );
}

/** [B, N, D] to [B, H, N, D/H] */
function splitHeads(x: tf.Tensor3D, heads: number): tf.Tensor4D {
  const [b, n, d] = x.shape;
  return tf.transpose(tf.reshape(x, [b, n, heads, d / heads]) as tf.Tensor4D, [0, 2, 1, 3]);
}

/** [B, H, N, D/H] to [B, N, D] */
function joinHeads(x: tf.Tensor4D): tf.Tensor3D {
  const [b, h, n, d] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [b, n, h * d]);
}
