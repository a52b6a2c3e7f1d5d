import * as tf from '@tensorflow/tfjs-core';
import { constant, normal } from '../../nn/initializers.js';
import { buildLayerNorm, type LayerNorm, layerNorm } from '../../nn/layer-norm.js';
import { buildLinear, type Linear } from '../../nn/linear.js';
import { type Mlp, mlp } from '../../nn/mlp.js';
import type { Parameter, ParameterList } from '../../nn/parameters.js';

/**
 * A depthwise 7×7 convolution, then an MLP on every pixel, with a residual. It smooths the seams between patches. With one
 * channel, as in the published tokenizer of SAM masks, its layer norm is constant, so that the block adds a constant. (`ConvNeXtBlock` officially; ConvNeXt, arXiv 2201.03545.)
 */
export interface ConvNextBlock {
  /** [C, 1, 7, 7] */
  readonly kernel: Parameter;
  readonly bias: Parameter;
  readonly norm: LayerNorm;
  readonly mlp: Mlp;
  /** Layer scale of the residual branch, [C]. */
  readonly gamma: Parameter;
}

const SIDE = 7;

export function buildConvNextBlock(list: ParameterList, channels: number): ConvNextBlock {
  const pointwise = (name: string, input: number, output: number): Linear =>
    buildLinear(list.scope(name), input, output);
  return {
    // The variance of PyTorch's default initialisation of a convolution.
    kernel: list.add('dwconv.weight', [channels, 1, SIDE, SIDE], {
      init: normal(1 / Math.sqrt(3 * SIDE * SIDE)),
      decay: true,
    }),
    bias: list.add('dwconv.bias', [channels], { init: constant(0) }),
    norm: buildLayerNorm(list.scope('norm'), channels),
    mlp: {
      fc1: pointwise('pwconv1', channels, 4 * channels),
      fc2: pointwise('pwconv2', 4 * channels, channels),
      fc3: undefined,
      activation: 'GELU',
    },
    gamma: list.add('gamma', [channels], { init: constant(1e-6) }),
  };
}

/**
 * @param x [B, H, W, C]
 * @returns [B, H, W, C]
 */
export function convNextBlock(p: ConvNextBlock, x: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const channels = p.kernel.shape[0]!;
    const byChannel = tf.reshape(p.kernel.value, [channels, SIDE, SIDE]) as tf.Tensor3D;
    const filter = tf.reshape(tf.transpose(byChannel, [1, 2, 0]), [SIDE, SIDE, channels, 1]) as tf.Tensor4D;
    const smoothed = tf.add(tf.depthwiseConv2d(x, filter, 1, 'same'), p.bias.value) as tf.Tensor4D;
    return tf.add(x, tf.mul(p.gamma.value, mlp(p.mlp, layerNorm(p.norm, smoothed))));
  });
}
