import * as tf from '@tensorflow/tfjs-core';
import {
  buildCrossAttention,
  buildSelfAttention,
  type CrossAttention,
  contextKVCache,
  crossAttention,
  crossAttentionShares,
  type KVCache,
  type SelfAttention,
  selfAttention,
} from '../nn/attention.js';
import type { BlockConfig } from '../nn/block.js';
import { buildLayerNorm, type LayerNorm, layerNorm } from '../nn/layer-norm.js';
import { buildMlp, type Mlp, mlp } from '../nn/mlp.js';
import type { ParameterList } from '../nn/parameters.js';

/** Pre-norm self-attention, cross-attention to the encoder's output, and MLP, each with a residual. (`DecoderBlock` officially.) */
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

/** Cross-attention keys and values of the context, [B, N, D]: the same in every decoding step. */
export function decoderBlockContext(p: DecoderBlock, context: tf.Tensor3D): KVCache {
  // A copy, because `tf.tidy` accepts no interface type.
  return tf.tidy(() => ({ ...contextKVCache(p.crossAttn, layerNorm(p.contextNorm, context)) }));
}

/** Additive attention masks; absent where nothing is masked. */
export interface DecoderMasks {
  /** [B, 1, M, M] */
  readonly self?: tf.Tensor;
  /** [B, 1, 1, N] */
  readonly context?: tf.Tensor;
}

/**
 * Runs a block of the decoder.
 *
 * @param y       [B, M, D]
 * @param context from {@link decoderBlockContext}
 * @param past    KV cache of the targets before `y`, to which all of `y` attend
 * @param withShares whether to compute the cross-attention weights of the context's tokens
 * @returns       output [B, M, D]; the KV cache including `y`, the next call's `past`; and the attention weights, averaged over heads, [B, M, N]
 */
export function decoderBlock(
  p: DecoderBlock,
  y: tf.Tensor3D,
  context: KVCache,
  masks: DecoderMasks,
  past?: KVCache,
  withShares = false,
): { output: tf.Tensor3D; present: KVCache; shares?: tf.Tensor3D } {
  return tf.tidy(() => {
    const self = selfAttention(p.selfAttn, layerNorm(p.norm1, y), masks.self, past);
    let x = tf.add(y, self.output) as tf.Tensor3D;
    const cross = [p.crossAttn, layerNorm(p.queryNorm, x), context, masks.context] as const;
    x = tf.add(x, crossAttention(...cross));
    x = tf.add(x, mlp(p.mlp, layerNorm(p.norm2, x)));
    return { output: x, present: { ...self.present }, ...(withShares && { shares: crossAttentionShares(...cross) }) };
  });
}
