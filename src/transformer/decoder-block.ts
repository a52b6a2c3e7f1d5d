import * as tf from '@tensorflow/tfjs-core';
import {
  buildCrossAttention,
  buildSelfAttention,
  type CrossAttention,
  contextKVCache,
  crossAttention,
  type KVCache,
  type SelfAttention,
  selfAttention,
} from '../nn/attention.js';
import type { BlockConfig } from '../nn/block.js';
import { buildLayerNorm, type LayerNorm, layerNorm } from '../nn/layer-norm.js';
import { buildMlp, type Mlp, mlp } from '../nn/mlp.js';
import type { ParameterList } from '../nn/parameters.js';
import { decoderToken } from './decoder-token.js';

/** Pre-norm self-attention, attention to the encoder's context, and MLP, each added to what came in. (`DecoderBlock`.) */
export interface DecoderBlock {
  readonly norm1: LayerNorm;
  readonly selfAttn: SelfAttention;
  readonly queryNorm: LayerNorm;
  readonly contextNorm: LayerNorm;
  readonly crossAttn: CrossAttention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
}

export function buildDecoderBlock(list: ParameterList, c: BlockConfig): DecoderBlock {
  const norm = (name: string) => buildLayerNorm(list.scope(name), c.width, c.normBias, c.epsilon);
  return {
    norm1: norm('norm1'),
    selfAttn: buildSelfAttention(list.scope('self_attn'), c),
    crossAttn: buildCrossAttention(list.scope('cross_attn'), c),
    queryNorm: norm('query_norm'),
    contextNorm: norm('context_norm'),
    norm2: norm('norm2'),
    mlp: buildMlp(list.scope('mlp'), c.width, Math.trunc(c.width * c.mlpRatio), {
      activation: c.activation,
      gated: c.gatedMlp,
      bias: c.mlpBias,
    }),
  };
}

/** What a block looks at in the context, [B, N, D]: the same in every decoding step. */
export function decoderBlockContext(p: DecoderBlock, context: tf.Tensor3D): KVCache {
  return tf.tidy(() => ({ ...contextKVCache(p.crossAttn, layerNorm(p.contextNorm, context)) }));
}

/** What is added to the scores of attention, where something is blocked. */
export interface DecoderMasks {
  /** [B, 1, M, M] */
  readonly self?: tf.Tensor;
  /** [B, 1, 1, N] */
  readonly context?: tf.Tensor;
}

/**
 * @param y       [B, M, D]
 * @param context from {@link decoderBlockContext}
 * @param past    keys and values of the targets before `y`, which all of `y` see
 * @returns       the result [B, M, D], and the keys and values seen, for the next call's `past`
 */
export function decoderBlock(
  p: DecoderBlock,
  y: tf.Tensor3D,
  context: KVCache,
  masks: DecoderMasks,
  past?: KVCache,
): { output: tf.Tensor3D; present: KVCache } {
  const token = past && !masks.self && decoderToken(p, y, context, masks.context, past);
  if (token) return token;
  return tf.tidy(() => {
    const { output, present: seen } = selfAttention(p.selfAttn, layerNorm(p.norm1, y), masks.self, past);
    const attended = tf.add(y, output) as tf.Tensor3D;
    const looked = crossAttention(p.crossAttn, layerNorm(p.queryNorm, attended), context, masks.context);
    const informed = tf.add(attended, looked) as tf.Tensor3D;
    const result = tf.add(informed, mlp(p.mlp, layerNorm(p.norm2, informed))) as tf.Tensor3D;
    return { output: result, present: { ...seen } };
  });
}
