import * as tf from '@tensorflow/tfjs-core';
import {
  buildCrossAttention,
  buildSelfAttention,
  type CrossAttention,
  contextKVCache,
  crossAttention,
  type SelfAttention,
  selfAttention,
} from '../../nn/attention.js';
import { buildLayerNorm, type LayerNorm, layerNorm } from '../../nn/layer-norm.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import { activate, buildMlp, type Mlp, mlp } from '../../nn/mlp.js';
import type { ParameterList } from '../../nn/parameters.js';

/**
 * A transformer block modulated by the timestep embedding, which scales and shifts the input of each part and gates its output
 * (adaLN, arXiv 2212.09748). (`Block` and `DecoderBlock` of the U-ViT officially.)
 */
export interface UvitBlock {
  readonly norm1: LayerNorm;
  readonly attn: SelfAttention;
  /** Attention to the condition. */
  readonly cross:
    | { readonly queryNorm: LayerNorm; readonly contextNorm: LayerNorm; readonly attn: CrossAttention }
    | undefined;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
  /** Time embedding to shift and scale of each part, [E, 2·parts·D]. */
  readonly modulation: Linear;
  /** Time embedding to the gate of each part, [E, parts·D]. */
  readonly gate: Linear;
  /** Projection of the concatenation with a long skip connection, [2D, D]. */
  readonly skip: Linear | undefined;
}

/** Configuration of the blocks of a U-ViT. */
export interface UvitBlockConfig {
  readonly width: number;
  readonly heads: number;
  /** Hidden width of the MLP over D. */
  readonly mlpRatio: number;
  /** Width of the time embedding, E. */
  readonly embeddingWidth: number;
  /** Width of the condition, for blocks with cross-attention. */
  readonly contextWidth: number | undefined;
}

/** Epsilon of the layer norms; it is 1e-6 in the ViTs. */
const EPSILON = 1e-5;

/** @param skip whether the block has a long skip connection from an earlier one */
export function buildUvitBlock(list: ParameterList, c: UvitBlockConfig, skip: boolean): UvitBlock {
  const { width, contextWidth } = c;
  const parts = contextWidth === undefined ? 2 : 3;
  const attention = { width, heads: c.heads, qkvBias: true, projBias: true };
  const norm = (name: string, of = width) => buildLayerNorm(list.scope(name), of, true, EPSILON);
  return {
    norm1: norm('norm1'),
    attn: buildSelfAttention(list.scope(contextWidth === undefined ? 'attn' : 'self_attn'), attention),
    cross:
      contextWidth === undefined
        ? undefined
        : {
            queryNorm: norm('query_norm'),
            contextNorm: norm('context_norm', contextWidth),
            attn: buildCrossAttention(list.scope('cross_attn'), { ...attention, contextWidth }),
          },
    norm2: norm('norm2'),
    mlp: buildMlp(list.scope('mlp'), width, Math.trunc(width * c.mlpRatio), {
      activation: 'GELU',
      gated: false,
      bias: true,
    }),
    modulation: buildLinear(list.scope('adaLN_modulation'), c.embeddingWidth, 2 * parts * width),
    gate: buildLinear(list.scope('adaLN_gate'), c.embeddingWidth, parts * width),
    skip: skip ? buildLinear(list.scope('skip_linear'), 2 * width, width) : undefined,
  };
}

/** Keys and values for cross-attention. */
export interface Context {
  /** The condition, [B, M, C]. */
  readonly values: tf.Tensor3D;
  /** From `additiveMask`, [B, 1, 1, M]. */
  readonly mask: tf.Tensor | undefined;
}

/**
 * @param x         [B, N, D]
 * @param embedding of the timestep, [B, E]
 * @param context   for blocks with cross-attention
 * @param skipped   output of the earlier block of a long skip connection, [B, N, D]
 * @returns         [B, N, D]
 */
export function uvitBlock(
  p: UvitBlock,
  x: tf.Tensor3D,
  embedding: tf.Tensor2D,
  context?: Context,
  skipped?: tf.Tensor3D,
): tf.Tensor3D {
  return tf.tidy(() => {
    const time = activate('SiLU', tf.expandDims(embedding, 1)) as tf.Tensor3D;
    const gates = tf.split(linear(p.gate, time), p.cross ? 3 : 2, -1);
    const modulations = tf.split(linear(p.modulation, time), gates.length, -1);
    let y = p.skip ? linear(p.skip, tf.concat([x, skipped!], -1)) : x;
    const add = (part: number, norm: LayerNorm, compute: (input: tf.Tensor3D) => tf.Tensor3D) => {
      const [shift, scale] = tf.split(modulations[part]!, 2, -1) as [tf.Tensor3D, tf.Tensor3D];
      const input = tf.add(tf.mul(layerNorm(norm, y), tf.add(1, scale)), shift) as tf.Tensor3D;
      y = tf.add(y, tf.mul(gates[part]!, compute(input)));
    };
    add(0, p.norm1, (input) => selfAttention(p.attn, input).output);
    if (p.cross) {
      const { queryNorm, contextNorm, attn } = p.cross;
      const cache = contextKVCache(attn, layerNorm(contextNorm, context!.values));
      add(1, queryNorm, (input) => crossAttention(attn, input, cache, context!.mask));
    }
    add(gates.length - 1, p.norm2, (input) => mlp(p.mlp, input));
    return y;
  });
}
