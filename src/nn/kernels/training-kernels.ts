/** Named kernels of trainings: gradients of the kernels in `declarations.ts`, and the optimizer's update. */
import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionInputs, LayerNormInputs, SwiGluInputs } from './declarations.js';

/**
 * Gradient of `ATTENTION`: {@link AttentionGradientInputs}, `AttentionAttributes`. Results: the gradients of q, keys and values;
 * the mask is a constant.
 */
export const ATTENTION_GRADIENT = 'FourMAttentionGradient';

/** Inputs of {@link ATTENTION_GRADIENT}. */
export interface AttentionGradientInputs extends AttentionInputs {
  /** Gradient of the result. */
  readonly dy: tf.TensorInfo;
}

/**
 * Gradient of `LAYER_NORM`: {@link LayerNormGradientInputs}, `LayerNormAttributes`. Results: the gradients of x, weight and
 * bias.
 */
export const LAYER_NORM_GRADIENT = 'FourMLayerNormGradient';

/** Inputs of {@link LAYER_NORM_GRADIENT}. */
export interface LayerNormGradientInputs extends LayerNormInputs {
  /** Gradient of the result. */
  readonly dy: tf.TensorInfo;
}

/** Gradient of `SWIGLU`: {@link SwiGluGradientInputs}, no attributes. Results: the gradients of gate and x. */
export const SWIGLU_GRADIENT = 'FourMSwiGluGradient';

/** Inputs of {@link SWIGLU_GRADIENT}. */
export interface SwiGluGradientInputs extends SwiGluInputs {
  /** Gradient of the result. */
  readonly dy: tf.TensorInfo;
}

/**
 * AdamW's update of one parameter: {@link AdamWUpdateInputs}, {@link AdamWUpdateAttributes}. Results, as `value`: the new value, the
 * new mean and the new mean square.
 */
export const ADAMW_UPDATE = 'FourMAdamWUpdate';

/** Inputs of {@link ADAMW_UPDATE}, of one shape except `scale`. */
export interface AdamWUpdateInputs {
  readonly value: tf.TensorInfo;
  readonly gradient: tf.TensorInfo;
  /** Running mean of the gradients, and of their squares. */
  readonly mean: tf.TensorInfo;
  readonly square: tf.TensorInfo;
  /** Factor of the gradient; scalar. */
  readonly scale: tf.TensorInfo;
}

/** Attributes of {@link ADAMW_UPDATE}: `value · kept - rate · mean / (√square · deviation + epsilon)`, with the new means. */
export type AdamWUpdateAttributes = {
  /** Share of the former mean, and of the former mean square. */
  readonly beta1: number;
  readonly beta2: number;
  readonly kept: number;
  readonly rate: number;
  readonly deviation: number;
  readonly epsilon: number;
};
