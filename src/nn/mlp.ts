import * as tf from '@tensorflow/tfjs-core';
import { SWIGLU } from './kernels/declarations.js';
import { differentiableKernelOrFallback } from './kernels/run-kernel.js';
import { SWIGLU_GRADIENT } from './kernels/training-kernels.js';
import { buildLinear, type Linear, linear } from './linear.js';
import type { ParameterList } from './parameters.js';

/** Activation by its published name. `GELU` is the exact form with erf; `SiLU` is x · sigmoid(x). */
export type Activation = 'GELU' | 'SiLU' | 'Tanh' | 'ReLU';

/**
 * Two linear maps with an activation between them: `fc2(act(fc1(x)))`, or gated (SwiGLU) `fc2(act(fc1(x)) · fc3(x))`.
 * (`Mlp` and `GatedMlp` officially.)
 */
export interface Mlp {
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly fc3: Linear | undefined;
  readonly activation: Activation;
}

/**
 * Builds an MLP; its parameters hold no values yet.
 *
 * @param hidden  hidden width; a gated MLP has two thirds of it, for the same number of parameters
 */
export function buildMlp(
  list: ParameterList,
  width: number,
  hidden: number,
  { activation, gated, bias }: { activation: Activation; gated: boolean; bias: boolean },
): Mlp {
  const inner = gated ? Math.trunc((2 * hidden) / 3) : hidden;
  return {
    fc1: buildLinear(list.scope('fc1'), width, inner, bias),
    fc2: buildLinear(list.scope('fc2'), inner, width, bias),
    fc3: gated ? buildLinear(list.scope('fc3'), width, inner, bias) : undefined,
    activation,
  };
}

/**
 * Applies an MLP to every position.
 *
 * @param x [..., D]
 * @returns [..., D]
 */
export function mlp<T extends tf.Tensor>(p: Mlp, x: T): T {
  return tf.tidy(() => {
    const hidden = linear(p.fc1, x);
    return linear(p.fc2, p.fc3 ? gated(p.activation, hidden, linear(p.fc3, x)) : activate(p.activation, hidden)) as T;
  });
}

function gated<T extends tf.Tensor>(activation: Activation, gate: T, x: T): T {
  const composed = () => tf.tidy(() => tf.mul(activate(activation, gate), x) as T);
  if (activation !== 'SiLU') return composed();
  return differentiableKernelOrFallback(SWIGLU, SWIGLU_GRADIENT, { gate, x }, {}, composed);
}

/** Applies an activation to every value. */
export function activate<T extends tf.Tensor>(name: Activation, x: T): T {
  switch (name) {
    case 'GELU':
      return tf.mul(x, tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2)))));
    case 'SiLU':
      return tf.mul(x, tf.sigmoid(x));
    case 'Tanh':
      return tf.tanh(x);
    case 'ReLU':
      return tf.relu(x);
  }
}
