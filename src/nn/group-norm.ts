import * as tf from '@tensorflow/tfjs-core';
import { constant } from './initializers.js';
import type { Parameter, ParameterList } from './parameters.js';

/**
 * Normalisation of groups of channels, over all positions, to mean 0 and variance 1, then a learned scale and shift per
 * channel. (`nn.GroupNorm` officially.)
 */
export interface GroupNorm {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly groups: number;
}

export function buildGroupNorm(list: ParameterList, width: number, groups: number): GroupNorm {
  return {
    weight: list.add('weight', [width], { init: constant(1) }),
    bias: list.add('bias', [width], { init: constant(0) }),
    groups,
  };
}

/** Added to the variance. */
const EPSILON = 1e-5;

/**
 * @param x [B, h, w, D]
 * @returns [B, h, w, D]
 */
export function groupNorm(p: GroupNorm, x: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const [b, h, w, width] = x.shape;
    const grouped = tf.reshape(x, [b, h * w, p.groups, width / p.groups]);
    const centred = tf.sub(grouped, tf.mean(grouped, [1, 3], true));
    const variance = tf.mean(tf.square(centred), [1, 3], true);
    const standardized = tf.reshape(tf.mul(centred, tf.rsqrt(tf.add(variance, EPSILON))), x.shape);
    return tf.add(tf.mul(standardized, p.weight.value), p.bias.value) as tf.Tensor4D;
  });
}
