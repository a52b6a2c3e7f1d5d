import * as tf from '@tensorflow/tfjs-core';
import { APPEND, ATTENTION } from './kernels/declarations.js';
import { differentiableKernelOrFallback, kernelOrFallback } from './kernels/run-kernel.js';
import { ATTENTION_GRADIENT } from './kernels/training-kernels.js';
import { buildLayerNorm, type LayerNorm, layerNorm } from './layer-norm.js';
import { buildLinear, type Linear, linear } from './linear.js';
import type { ParameterList } from './parameters.js';

/**
 * Added to the attention score of a masked key: so large that the score vanishes in rounding, and finite, so that a query with all
 * keys masked attends uniformly instead of becoming NaN. (Officially the most negative float, for which WebGPU's softmax finds no
 * maximum.)
 */
const MASKED_SCORE = -1e38;

/** QK-norm: layer norm of queries and keys in each head. Not used by the published models. */
export interface HeadNorms {
  readonly query: LayerNorm;
  readonly key: LayerNorm;
}

/** Multi-head self-attention. (`Attention` and `NormAttention` officially.) */
export interface SelfAttention {
  readonly heads: number;
  /** Query, key and value in one matrix, [D, 3D]. */
  readonly qkv: Linear;
  readonly proj: Linear;
  readonly norms: HeadNorms | undefined;
}

/** Multi-head cross-attention. (`CrossAttention` and `NormCrossAttention` officially.) */
export interface CrossAttention {
  readonly heads: number;
  readonly q: Linear;
  /** Key and value in one matrix, [D, 2D]. */
  readonly kv: Linear;
  readonly proj: Linear;
  readonly norms: HeadNorms | undefined;
}

/** Configuration of an attention layer. */
export interface AttentionConfig {
  width: number;
  /** Width of the context, if it differs. */
  contextWidth?: number;
  heads: number;
  qkvBias: boolean;
  projBias: boolean;
  qkNorm?: boolean;
  normBias?: boolean;
  epsilon?: number;
}

/** Keys and values of a sequence, computed once and reused. The heads are concatenated along D. */
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
 * Multi-head self-attention.
 *
 * @param x     [B, N, D]
 * @param mask  from {@link additiveMask}, [B, 1, N or 1, N]; absent if every position attends to all
 * @param past  KV cache of the positions before `x`, to which all of `x` attend
 * @returns     output [B, N, D], and the KV cache including `x`, the next call's `past`
 */
export function selfAttention(
  p: SelfAttention,
  x: tf.Tensor3D,
  mask?: tf.Tensor,
  past?: KVCache,
): { output: tf.Tensor3D; present: KVCache } {
  const [query, key, value] = tf.split(linear(p.qkv, x), 3, -1) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
  const keys = normalizeHeads(p.norms?.key, key, p.heads);
  const present = past
    ? { keys: append(past.keys, keys), values: append(past.values, value) }
    : { keys, values: value };
  const q = normalizeHeads(p.norms?.query, query, p.heads);
  return { output: linear(p.proj, attention(q, present, p.heads, mask)), present };
}

/**
 * Keys and values for {@link crossAttention}: the same for every query and every decoding step.
 *
 * @param context [B, N, D]
 */
export function contextKVCache(p: CrossAttention, context: tf.Tensor3D): KVCache {
  const [keys, values] = tf.split(linear(p.kv, context), 2, -1) as [tf.Tensor3D, tf.Tensor3D];
  return { keys: normalizeHeads(p.norms?.key, keys, p.heads), values };
}

/**
 * Multi-head cross-attention.
 *
 * @param x     query inputs, [B, M, D]
 * @param context from {@link contextKVCache}
 * @param mask  from {@link additiveMask}, [B, 1, M or 1, N]
 * @returns     [B, M, D]
 */
export function crossAttention(p: CrossAttention, x: tf.Tensor3D, context: KVCache, mask?: tf.Tensor): tf.Tensor3D {
  const q = normalizeHeads(p.norms?.query, linear(p.q, x), p.heads);
  return linear(p.proj, attention(q, context, p.heads, mask));
}

/**
 * Attention weights of {@link crossAttention}, with the same arguments, averaged over the heads.
 *
 * @returns [B, M, N]; each row sums to 1
 */
export function crossAttentionShares(
  p: CrossAttention,
  x: tf.Tensor3D,
  { keys }: KVCache,
  mask?: tf.Tensor,
): tf.Tensor3D {
  return tf.tidy(() => {
    const q = normalizeHeads(p.norms?.query, linear(p.q, x), p.heads);
    return tf.mean(attentionWeights(q, keys, p.heads, mask), 1);
  });
}

/** past: [B, N, D], rows: [B, M, D] → [B, N + M, D] */
export function append(past: tf.Tensor3D, rows: tf.Tensor3D): tf.Tensor3D {
  return kernelOrFallback(APPEND, { past, rows }, {}, () => tf.concat([past, rows], 1));
}

/** Layer norm in each head. x: [B, N, D] */
function normalizeHeads(norm: LayerNorm | undefined, x: tf.Tensor3D, heads: number): tf.Tensor3D {
  if (!norm) return x;
  const [b, n, width] = x.shape;
  return tf.reshape(layerNorm(norm, tf.reshape(x, [b, n, heads, width / heads])), x.shape);
}

/**
 * Scaled dot-product attention in each head: `softmax(q kᵀ / √(D/H) + mask) v`.
 *
 * @param q     [B, M, D]
 * @param mask  added to the scores, [B, 1, M or 1, N]; a constant: no gradient reaches it
 * @returns     [B, M, D]
 */
export function attention(q: tf.Tensor3D, { keys, values }: KVCache, heads: number, mask?: tf.Tensor): tf.Tensor3D {
  const composed = () =>
    tf.tidy(() => {
      const weights = attentionWeights(q, keys, heads, mask);
      return joinHeads(tf.matMul(weights, splitHeads(values, heads)) as tf.Tensor4D);
    });
  const inputs = { q, keys, values };
  return differentiableKernelOrFallback(ATTENTION, ATTENTION_GRADIENT, inputs, { heads }, composed, { mask });
}

/** `softmax(q kᵀ / √(D/H) + mask)`, [B, H, M, N] */
function attentionWeights(q: tf.Tensor3D, keys: tf.Tensor3D, heads: number, mask?: tf.Tensor): tf.Tensor4D {
  const scaled = tf.mul(splitHeads(q, heads), (q.shape[2] / heads) ** -0.5) as tf.Tensor4D;
  const scores = tf.matMul(scaled, splitHeads(keys, heads), false, true);
  return tf.softmax(mask ? tf.add(scores, mask) : scores) as tf.Tensor4D;
}

/**
 * Turns a mask into an additive attention mask.
 *
 * @param masked   1 where a query may not attend to a key; B × M × N values, or B × 1 × N if all queries share it
 * @param shape    [B, M or 1, N]
 * @returns        [B, 1, M or 1, N]
 */
export function additiveMask(masked: ArrayLike<number>, [b, m, n]: readonly [number, number, number]): tf.Tensor4D {
  return tf.tensor4d(
    Float32Array.from(masked, (x) => (x ? MASKED_SCORE : 0)),
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
