import * as tf from '@tensorflow/tfjs-core';
import { constant, glorot } from './initializers.js';
import { CONVOLUTION } from './kernels/declarations.js';
import { kernelOrFallback } from './kernels/run-kernel.js';
import type { Parameter, ParameterList } from './parameters.js';

/** A 3×3 convolution with zero padding. (`nn.Conv2d(…, 3, padding=1)` officially; published as [out, in, 3, 3].) */
export interface Convolution {
  readonly weight: Parameter;
  readonly bias: Parameter;
}

export function buildConvolution(list: ParameterList, input: number, output: number): Convolution {
  return {
    weight: list.add('weight', [output, input, 3, 3], { init: glorot(), transposed: true, decay: true }),
    bias: list.add('bias', [output], { init: constant(0) }),
  };
}

/**
 * @param x       [B, h, w, in]
 * @param stride  2 halves the grid, rounding up
 * @returns       [B, h, w, out]
 */
export function convolution(p: Convolution, x: tf.Tensor4D, stride: 1 | 2 = 1): tf.Tensor4D {
  const [weight, bias] = [p.weight.value, p.bias.value];
  return kernelOrFallback(CONVOLUTION, { x, weight, bias }, { stride }, () =>
    tf.tidy(() => {
      const [output, input] = p.weight.shape as [number, number];
      const filter = tf.transpose(tf.reshape(weight, [input, 3, 3, output]) as tf.Tensor4D, [1, 2, 0, 3]);
      // TensorFlow's kernels take no explicit padding, and 'same' pads one side only for stride 2.
      const padded = tf.pad(x, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]);
      return tf.add(tf.conv2d(padded, filter, stride, 'valid'), bias);
    }),
  );
}
