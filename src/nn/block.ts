import * as tf from '@tensorflow/tfjs-core';
import { type AttentionConfig, buildSelfAttention, type SelfAttention, selfAttention } from './attention.js';
import { buildLayerNorm, type LayerNorm, layerNorm } from './layer-norm.js';
import { type Activation, buildMlp, type Mlp, mlp } from './mlp.js';
import type { ParameterList } from './parameters.js';

/** Pre-norm self-attention and MLP, each with a residual. (`Block` officially.) */
export interface Block {
  readonly norm1: LayerNorm;
  readonly attn: SelfAttention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
}

/** Configuration of a transformer block. */
export interface BlockConfig extends AttentionConfig {
  /** Hidden width of the MLP over D. */
  mlpRatio: number;
  mlpBias: boolean;
  gatedMlp: boolean;
  activation: Activation;
}

export function buildBlock(list: ParameterList, c: BlockConfig): Block {
  return {
    norm1: buildLayerNorm(list.scope('norm1'), c.width, c.normBias, c.epsilon),
    attn: buildSelfAttention(list.scope('attn'), c),
    norm2: buildLayerNorm(list.scope('norm2'), c.width, c.normBias, c.epsilon),
    mlp: buildMlp(list.scope('mlp'), c.width, Math.trunc(c.width * c.mlpRatio), {
      activation: c.activation,
      gated: c.gatedMlp,
      bias: c.mlpBias,
    }),
  };
}

/**
 * Runs a transformer block.
 *
 * @param x     [B, N, D]
 * @param mask  from {@link additiveMask}, [B, 1, N or 1, N]; absent if every position attends to all
 * @returns     [B, N, D]
 */
export function block(p: Block, x: tf.Tensor3D, mask?: tf.Tensor): tf.Tensor3D {
  return tf.tidy(() => {
    const attended = tf.add(x, selfAttention(p.attn, layerNorm(p.norm1, x), mask).output);
    return tf.add(attended, mlp(p.mlp, layerNorm(p.norm2, attended)));
  });
}
