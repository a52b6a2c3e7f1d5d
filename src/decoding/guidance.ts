import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { type DecodingVocabulary, sideBySide, withoutConditions } from './state.js';

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

/** Whether there is anything to push away from. */
export function isGuided(guidance: Guidance | undefined): guidance is Guidance {
  return guidance !== undefined && guidance.scale !== 1 && guidance.conditions.length > 0;
}

/** `unconditional + Σ weight · (conditional - unconditional)`; all tensors of one shape. */
export function guide<T extends tf.Tensor>(unconditional: T, conditional: readonly T[], weights: readonly number[]): T {
  return tf.tidy(() => {
    const pushes = conditional.map((logits, i) => tf.mul(tf.sub(logits, unconditional), weights[i]!));
    return tf.addN([unconditional, ...pushes]) as T;
  });
}

/** The samples, and behind them, where guidance asks for it, the same samples without the conditions. */
export function guidedBatch(
  model: FourM,
  batch: Batch,
  guidance: Guidance | undefined,
  vocabulary: DecodingVocabulary,
): Batch {
  if (!isGuided(guidance)) return batch;
  return sideBySide([batch, withoutConditions(batch, guidance.conditions, model.modalities, vocabulary)]);
}

/** Takes apart what {@link guidedBatch} put together. @param logits [B or 2B, V] @returns [B, V] */
export function guidedLogits(logits: tf.Tensor2D, guidance: Guidance | undefined): tf.Tensor2D {
  if (!isGuided(guidance)) return logits;
  const [conditional, unconditional] = tf.split(logits, 2) as [tf.Tensor2D, tf.Tensor2D];
  return guide(unconditional, [conditional], [guidance.scale]);
}
