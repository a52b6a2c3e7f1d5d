/**
 * Operations that a backend may do faster than the operations of tfjs that they are made of. Each is a tfjs kernel with a name
 * of its own; where no such kernel is registered, and while gradients are taken, the readable composition is run.
 */
import * as tf from '@tensorflow/tfjs-core';

/** `softmax(q kᵀ / √d + mask) v`: {@link AttentionInputs}, no attributes. Result [B, H, M, d]. */
export const ATTENTION = 'FourMAttention';

/** What {@link ATTENTION} takes. */
export interface AttentionInputs {
  /** [B, H, M, d] */
  readonly q: tf.TensorInfo;
  /** [B, H, N, d] */
  readonly keys: tf.TensorInfo;
  /** [B, H, N, d] */
  readonly values: tf.TensorInfo;
  /** Added to the scores, [B, 1, M or 1, N]. */
  readonly mask?: tf.TensorInfo;
}

/** Layer norm of the last axis: {@link LayerNormInputs}, {@link LayerNormAttributes}. Result as `x`. */
export const LAYER_NORM = 'FourMLayerNorm';

/** What {@link LAYER_NORM} takes. */
export interface LayerNormInputs {
  /** [..., D] */
  readonly x: tf.TensorInfo;
  /** [D] */
  readonly weight: tf.TensorInfo;
  /** [D] */
  readonly bias: tf.TensorInfo;
}

/** How {@link LAYER_NORM} does it. */
export interface LayerNormAttributes {
  /** Added to the variance. */
  readonly epsilon: number;
}

/** `silu(gate) · x`: {@link SwiGluInputs}, no attributes. Result as `x`. */
export const SWIGLU = 'FourMSwiGlu';

/** What {@link SWIGLU} takes; both of one shape. */
export interface SwiGluInputs {
  readonly gate: tf.TensorInfo;
  readonly x: tf.TensorInfo;
}

/** `x · weight + bias`: {@link LinearInputs}, no attributes. Result [R, N]. */
export const LINEAR = 'FourMLinear';

/** What {@link LINEAR} takes. */
export interface LinearInputs {
  /** [R, K] */
  readonly x: tf.TensorInfo;
  /** [K, N] */
  readonly weight: tf.TensorInfo;
  /** [N] */
  readonly bias: tf.TensorInfo;
}

/**
 * Runs a named kernel, or what it stands for where there is none.
 *
 * @param inputs   an absent one is undefined
 * @param composed the same by operations of tfjs, which have gradients
 */
export function kernelOr<T extends tf.Tensor>(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor | undefined>>,
  attributes: tf.NamedAttrMap,
  composed: () => T,
): T {
  const engine = tf.engine();
  const takesGradients = engine.state.gradientDepth > 0;
  if (takesGradients || !tf.getKernel(name, engine.backendName)) return composed();
  return engine.runKernel(name, inputs as tf.NamedTensorMap, attributes) as T;
}
