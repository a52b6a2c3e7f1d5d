import type { ModalityInfo } from '../modalities/modality.js';
import type { Batch } from '../transformer/batch.js';
import type { Condition } from './guidance.js';
import { type DecodingVocabulary, fullImage, unconditionalBatch } from './state.js';

/** Samples generated with several weighted conditions. */
export interface ConditionedBatch {
  /** Unconditional inputs, and the targets. */
  readonly batch: Batch;
  readonly conditions: readonly Condition[];
}

/**
 * Turns a completed target into one more condition, and masks it in the unconditional batch.
 * (`generate_multi_guided` officially.)
 *
 * @param shared inputs that every condition contains
 */
export function addCondition(
  { batch, conditions }: ConditionedBatch,
  modality: string,
  shared: Condition,
  infos: Readonly<Record<string, ModalityInfo>>,
  vocabulary: DecodingVocabulary,
): ConditionedBatch {
  const generated = batch.modalities[modality]!;
  const isImage = infos[modality]!.kind !== 'sequence';
  const condition = isImage ? fullImage(infos[modality]!, batch.size, { ids: generated.ids!.slice() }) : generated;
  const hidden = isImage
    ? { ...generated, inputMask: generated.inputMask.slice().fill(1) }
    : unconditionalBatch(batch, [modality], infos, vocabulary).modalities[modality]!;
  return {
    batch: { size: batch.size, modalities: { ...batch.modalities, [modality]: hidden } },
    conditions: [...conditions.map((known) => without(known, modality)), { ...shared, [modality]: condition }],
  };
}

/**
 * Adds a copy of the target, as it is before its first step, to every condition. Later steps do not update the copy, so the
 * conditional passes never see the tokens that ROAR has committed. (A quirk of the official `generate_multi_guided`, used with
 * `compat: 'official'` only.)
 */
export function withFrozenTarget({ batch, conditions }: ConditionedBatch, modality: string): readonly Condition[] {
  const target = batch.modalities[modality]!;
  const frozen = { ...target, inputMask: target.inputMask.slice(), targetMask: target.targetMask.slice() };
  return conditions.map((known) => ({ ...known, [modality]: frozen }));
}

function without(known: Condition, modality: string): Condition {
  return Object.fromEntries(Object.entries(known).filter(([name]) => name !== modality));
}
