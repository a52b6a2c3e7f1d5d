import * as tf from '@tensorflow/tfjs-core';
import { buildConvolution, type Convolution, convolution } from '../../nn/convolution.js';
import { buildGroupNorm, type GroupNorm, groupNorm } from '../../nn/group-norm.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import { activate } from '../../nn/mlp.js';
import type { ParameterList } from '../../nn/parameters.js';

/**
 * Two convolutions with the time embedding added between them, and a residual. (`ResBlock` of the UNet and
 * `ResnetBlock2D` of the U-ViT officially: the same under different names.)
 */
export interface ResidualBlock {
  readonly norm1: GroupNorm;
  readonly conv1: Convolution;
  readonly embedding: Linear;
  readonly norm2: GroupNorm;
  readonly conv2: Convolution;
  /** Projection of the residual, if the width changes. */
  readonly shortcut: Linear | undefined;
}

/** Published names of a block's layers. */
export type ResidualBlockNames = Record<keyof ResidualBlock, string>;

/** Configuration shared by the residual blocks of a network. */
export interface ResidualBlockConfig {
  readonly names: ResidualBlockNames;
  /** Width of the time embedding, E. */
  readonly embeddingWidth: number;
  /** Groups of the group norms. */
  readonly groups: number;
}

export function buildResidualBlock(
  list: ParameterList,
  input: number,
  output: number,
  { names, embeddingWidth, groups }: ResidualBlockConfig,
): ResidualBlock {
  return {
    norm1: buildGroupNorm(list.scope(names.norm1), input, groups),
    conv1: buildConvolution(list.scope(names.conv1), input, output),
    embedding: buildLinear(list.scope(names.embedding), embeddingWidth, output),
    norm2: buildGroupNorm(list.scope(names.norm2), output, groups),
    conv2: buildConvolution(list.scope(names.conv2), output, output),
    shortcut: input === output ? undefined : buildLinear(list.scope(names.shortcut), [input, 1, 1], output),
  };
}

/**
 * @param x         [B, h, w, in]
 * @param embedding [B, E]
 * @returns         [B, h, w, out]
 */
export function residualBlock(p: ResidualBlock, x: tf.Tensor4D, embedding: tf.Tensor2D): tf.Tensor4D {
  return tf.tidy(() => {
    const ofTime = linear(p.embedding, activate('SiLU', embedding));
    const first = convolution(p.conv1, activate('SiLU', groupNorm(p.norm1, x)));
    const timed = tf.add(first, tf.reshape(ofTime, [ofTime.shape[0], 1, 1, ofTime.shape[1]])) as tf.Tensor4D;
    const second = convolution(p.conv2, activate('SiLU', groupNorm(p.norm2, timed)));
    return tf.add(p.shortcut ? linear(p.shortcut, x) : x, second);
  });
}
