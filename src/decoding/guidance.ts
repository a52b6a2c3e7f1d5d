import * as tf from '@tensorflow/tfjs-core';
import type { ModalityInfo } from '../modalities/modality.js';
import type { Batch, ModalityBatch } from '../transformer/batch.js';
import { type DecodingVocabulary, unconditionalBatch } from './state.js';

/**
 * Classifier-free guidance: extrapolation from the unconditional logits through the conditional ones.
 * (arXiv 2207.12598; for several conditions arXiv 2206.01714.)
 */
export interface Guidance {
  /** 1 disables guidance. */
  readonly scale: number;
  /** Modalities that are masked in the unconditional pass. */
  readonly conditions: readonly string[];
}

/** The input modalities of one condition. */
export type Condition = Readonly<Record<string, ModalityBatch>>;

/** Guidance by several conditions, each in a pass of its own. */
export interface WeightedGuidance {
  /** Weight of each condition; negative to guide away from it. A missing weight is 0. */
  readonly weights: readonly number[];
  readonly conditions: readonly Condition[];
}

/** The forward passes of one decoding step: the same samples with each condition, and unconditionally. */
export interface Passes {
  /** One batch for each condition, and the unconditional one last. Without guidance, the only batch. */
  readonly batches: readonly Batch[];
  /** Guidance weights, one for each batch but the last. */
  readonly weights: readonly number[];
}

/** Whether guidance needs an unconditional pass. */
export function isGuided(guidance: Guidance | undefined): guidance is Guidance {
  return guidance !== undefined && guidance.scale !== 1 && guidance.conditions.length > 0;
}

/**
 * The forward passes of a decoding step.
 *
 * @param modality the target: its committed tokens are input to every condition, unless the condition has its own
 */
export function guidancePasses(
  batch: Batch,
  modality: string,
  guidance: Guidance | WeightedGuidance | undefined,
  infos: Readonly<Record<string, ModalityInfo>>,
  vocabulary: DecodingVocabulary,
): Passes {
  if (guidance && 'weights' in guidance) {
    const target = { [modality]: batch.modalities[modality]! };
    const conditional = guidance.conditions.map((known) => ({ size: batch.size, modalities: { ...target, ...known } }));
    return { batches: [...conditional, batch], weights: conditional.map((_, i) => guidance.weights[i] ?? 0) };
  }
  if (!isGuided(guidance)) return { batches: [batch], weights: [] };
  const { conditions, scale } = guidance;
  return { batches: [batch, unconditionalBatch(batch, conditions, infos, vocabulary)], weights: [scale] };
}

/** `unconditional + Σ weight · (conditional - unconditional)`, for tensors of one shape. */
export function guide<T extends tf.Tensor>(unconditional: T, conditional: readonly T[], weights: readonly number[]): T {
  return tf.tidy(() => {
    const terms = conditional.map((logits, i) => tf.mul(tf.sub(logits, unconditional), weights[i]!));
    return tf.addN([unconditional, ...terms]) as T;
  });
}

/** Combines the logits of all passes. @param logits pass after pass, [P·R, V] @returns [R, V] */
export function guidedLogits(logits: tf.Tensor2D, weights: readonly number[]): tf.Tensor2D {
  if (weights.length === 0) return logits;
  const parts = tf.split(logits, weights.length + 1) as tf.Tensor2D[];
  return guide(parts.at(-1)!, parts.slice(0, -1), weights);
}
