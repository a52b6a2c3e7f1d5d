import * as tf from '@tensorflow/tfjs-core';
import type { ModalityInfo } from '../modalities/modality.js';
import type { Batch, ModalityBatch } from '../transformer/batch.js';
import { type DecodingVocabulary, unconditionalBatch } from './state.js';

/**
 * Classifier-free guidance: what is said under a condition, exaggerated against what is said without it.
 * (arXiv 2207.12598; for several conditions arXiv 2206.01714.)
 */
export interface Guidance {
  /** 1 is no guidance at all. */
  readonly scale: number;
  /** Modalities that the unconditional pass does not see. */
  readonly conditions: readonly string[];
}

/** Modalities that are known together. */
export type Condition = Readonly<Record<string, ModalityBatch>>;

/** Guidance by several conditions at once, none of which sees another. */
export interface WeightedGuidance {
  /** How much each condition counts; below 0 it is pushed away from. A condition without a weight has weight 0. */
  readonly weights: readonly number[];
  readonly conditions: readonly Condition[];
}

/** What the model is asked in one step of decoding: the same samples under each condition, and without any. */
export interface Passes {
  /** Under each condition in turn, and last without any. Without guidance there is one batch, that of the samples. */
  readonly batches: readonly Batch[];
  /** One for each batch but the last. */
  readonly weights: readonly number[];
}

/** Whether there is anything to push away from. */
export function isGuided(guidance: Guidance | undefined): guidance is Guidance {
  return guidance !== undefined && guidance.scale !== 1 && guidance.conditions.length > 0;
}

/**
 * The passes that guidance asks for.
 *
 * @param modality the target: conditions are shown it as far as it is decided, unless they bring their own of its name
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

/** `unconditional + Σ weight · (conditional - unconditional)`; all tensors of one shape. */
export function guide<T extends tf.Tensor>(unconditional: T, conditional: readonly T[], weights: readonly number[]): T {
  return tf.tidy(() => {
    const pushes = conditional.map((logits, i) => tf.mul(tf.sub(logits, unconditional), weights[i]!));
    return tf.addN([unconditional, ...pushes]) as T;
  });
}

/** The guided logits of passes. @param logits of all passes, one behind the other, [P·R, V] @returns [R, V] */
export function guidedLogits(logits: tf.Tensor2D, weights: readonly number[]): tf.Tensor2D {
  if (weights.length === 0) return logits;
  const parts = tf.split(logits, weights.length + 1) as tf.Tensor2D[];
  return guide(parts.at(-1)!, parts.slice(0, -1), weights);
}
