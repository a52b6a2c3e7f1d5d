import type { ModalityInfo } from '../modalities/modality.js';
import type { Batch } from '../transformer/batch.js';
import type { Condition } from './guidance.js';
import { type DecodingVocabulary, fullImage, unconditionalBatch } from './state.js';

/** Samples that are generated under several weighted conditions. */
export interface ConditionedBatch {
  /** What is known without any condition, and the targets. */
  readonly batch: Batch;
  readonly conditions: readonly Condition[];
}

/**
 * A target is complete: it becomes one more condition, and is no longer known without.
 * (`generate_multi_guided` officially.)
 *
 * @param shared what every condition knows besides
 */
export function addCondition(
  { batch, conditions }: ConditionedBatch,
  modality: string,
  shared: Condition,
  infos: Readonly<Record<string, ModalityInfo>>,
  vocabulary: DecodingVocabulary,
): ConditionedBatch {
  const decided = batch.modalities[modality]!;
  const isImage = infos[modality]!.kind !== 'sequence';
  const condition = isImage ? fullImage(infos[modality]!, batch.size, { ids: decided.ids!.slice() }) : decided;
  const hidden = isImage
    ? { ...decided, inputMask: decided.inputMask.slice().fill(1) }
    : unconditionalBatch(batch, [modality], infos, vocabulary).modalities[modality]!;
  return {
    batch: { size: batch.size, modalities: { ...batch.modalities, [modality]: hidden } },
    conditions: [...conditions.map((known) => without(known, modality)), { ...shared, [modality]: condition }],
  };
}

/**
 * Conditions that keep the target as it is now, whatever is decided of it later: what conditions see in the official
 * implementation of ROAR, which marks what is decided as open there, so that they go on predicting it.
 */
export function withFrozenTarget({ batch, conditions }: ConditionedBatch, modality: string): readonly Condition[] {
  const target = batch.modalities[modality]!;
  const frozen = { ...target, inputMask: target.inputMask.slice(), targetMask: target.targetMask.slice() };
  return conditions.map((known) => ({ ...known, [modality]: frozen }));
}

function without(known: Condition, modality: string): Condition {
  return Object.fromEntries(Object.entries(known).filter(([name]) => name !== modality));
}
