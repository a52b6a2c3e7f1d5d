import * as tf from '@tensorflow/tfjs-core';
import { constant } from './initializers.js';
import { LAYER_NORM } from './kernels/declarations.js';
import { differentiableKernelOrFallback } from './kernels/run-kernel.js';
import { LAYER_NORM_GRADIENT } from './kernels/training-kernels.js';
import type { Parameter, ParameterList } from './parameters.js';

/** Normalisation of the last axis to mean 0 and variance 1, then a learned scale and shift. (`nn.LayerNorm` officially.) */
export interface LayerNorm {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly epsilon: number;
}

/**
 * @param bias whether the shift is trained; published models without it store zeros
 * @param epsilon added to the variance: 1e-6 in the transformer and the ViT tokenizers
 */
export function buildLayerNorm(list: ParameterList, width: number, bias = true, epsilon = 1e-6): LayerNorm {
  return {
    weight: list.add('weight', [width], { init: constant(1) }),
    bias: list.add('bias', [width], { init: constant(0), trainable: bias }),
    epsilon,
  };
}

/**
 * @param x [..., D]
 * @returns [..., D]
 */
export function layerNorm<T extends tf.Tensor>(p: LayerNorm, x: T): T {
  const [weight, bias] = [p.weight.value, p.bias.value];
  const composed = () => tf.tidy(() => tf.add(tf.mul(standardize(x, p.epsilon), weight), bias) as T);
  return differentiableKernelOrFallback(
    LAYER_NORM,
    LAYER_NORM_GRADIENT,
    { x, weight, bias },
    { epsilon: p.epsilon },
    composed,
  );
}

/** Mean 0 and variance 1 along the last axis. The gradient is in closed form, with a third of the operations of automatic differentiation. */
function standardize<T extends tf.Tensor>(x: T, epsilon: number): T {
  const forward = tf.customGrad((input, save) => {
    const x = input as tf.Tensor;
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
    const y = tf.mul(centred, scale);
    (save as tf.GradSaveFunc)([y, scale]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [y, scale] = saved as [tf.Tensor, tf.Tensor];
      const alongMean = tf.mean(dy, -1, true);
      const alongY = tf.mul(y, tf.mean(tf.mul(dy, y), -1, true));
      return tf.mul(scale, tf.sub(tf.sub(dy, alongMean), alongY));
    };
    return { value: y, gradFunc };
  });
  return forward(x) as T;
}
