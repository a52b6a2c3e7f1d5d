import * as tf from '@tensorflow/tfjs-core';
import { constant, glorot } from './initializers.js';
import { LINEAR } from './kernels/declarations.js';
import { kernelOrFallback } from './kernels/run-kernel.js';
import { packedLinear } from './packed/packed-matrix.js';
import type { Parameter, ParameterList } from './parameters.js';

/** An affine map of the last axis. (`nn.Linear` officially; published as `weight` [out, in] and `bias` [out].) */
export interface Linear {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  /** Low-rank adapter, if {@link addLora} added one. */
  lora?: Lora | undefined;
}

/** A low-rank update `scale · up · down` of a matrix. (LoRA, arXiv 2106.09685; `LoRAWrapper` officially.) */
export interface Lora {
  /** in → r */
  readonly down: Linear;
  /** r → out */
  readonly up: Linear;
  readonly scale: number;
}

/**
 * @param input  input width; or the shape [C, h, w] of a patch, for a projection published as a convolution
 * @param parts  number of maps fused in the matrix, for its initialisation
 */
export function buildLinear(
  list: ParameterList,
  input: number | readonly number[],
  output: number,
  bias = true,
  parts = 1,
): Linear {
  const shape = typeof input === 'number' ? [output, input] : [output, ...input];
  return {
    weight: list.add('weight', shape, { init: glorot(parts), transposed: true, packable: true, decay: true }),
    bias: bias ? list.add('bias', [output], { init: constant(0) }) : undefined,
  };
}

/**
 * @param x [..., in]
 * @returns [..., out]
 */
export function linear<T extends tf.Tensor>(p: Linear, x: T): T {
  const { lora } = p;
  if (!lora) return affine(p, x);
  return tf.tidy(() => tf.add(affine(p, x), tf.mul(linear(lora.up, linear(lora.down, x)), lora.scale)));
}

function affine<T extends tf.Tensor>(p: Linear, x: T): T {
  const bias = p.bias?.value;
  if (p.weight.dtype !== 'f32') return packedLinear(x, p.weight.packed, bias);
  const weight = p.weight.value as tf.Tensor as tf.Tensor2D;
  return kernelOrFallback(LINEAR, { x, weight, bias }, {}, () =>
    tf.tidy(() => {
      const product = tf.matMul(tf.reshape(x, [-1, weight.shape[0]]), weight);
      return tf.reshape(bias ? tf.add(product, bias) : product, [...x.shape.slice(0, -1), weight.shape[1]]) as T;
    }),
  );
}
