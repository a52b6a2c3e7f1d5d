/** Targets at the start of generation. */
import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';
import type { Batch, ModalityBatch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import type { DecodingTarget } from './chain-steps.js';
import { hasSentinels, spanMaskedSequences } from './given-sequences.js';
import { type KnownModalities, type KnownModality, knownModality } from './known-modalities.js';
import { type DecodingVocabulary, emptyImageTarget, emptySequenceTarget } from './state.js';

/**
 * Target modalities, fully masked, or with the given part of the inputs committed.
 *
 * @throws InvalidInputError for a modality that is not an output of the model, for targets that are given completely, and for
 *                           image targets with different numbers of masked tokens in the samples
 */
export function targetBatch(
  model: FourM,
  targets: readonly DecodingTarget[],
  inputs: KnownModalities,
  size: number,
  vocabulary: DecodingVocabulary,
): Record<string, ModalityBatch> {
  const modalities: Record<string, ModalityBatch> = {};
  for (const { modality } of targets) {
    const info = model.decoderEmbeddings[modality]?.info;
    if (!info) {
      const predictable = Object.keys(model.decoderEmbeddings).join(', ');
      throw new InvalidInputError(`'${modality}' is not an output of the model, only ${predictable}`);
    }
    const given = inputs[modality];
    if (modality in modalities || (given && !isPartial(given, vocabulary))) {
      throw new InvalidInputError(`'${modality}' is given twice, as input or target`);
    }
    modalities[modality] = given
      ? partialTarget(info, given, size, vocabulary)
      : info.kind === 'sequence'
        ? emptySequenceTarget(size, info.maxTokens + 1, vocabulary)
        : emptyImageTarget(info, size);
  }
  return modalities;
}

/** Masked tokens of each image target in a sample. */
export function maskedCounts({ size, modalities }: Batch): Record<string, number> {
  return Object.fromEntries(
    Object.entries(modalities).map(([name, { targetMask }]) => {
      return [name, targetMask.subarray(0, targetMask.length / size).filter((hidden) => hidden === 0).length];
    }),
  );
}

function isPartial(given: KnownModality, vocabulary: DecodingVocabulary): boolean {
  if (!('ids' in given)) return false;
  return given.known !== undefined || given.ids.some((ids) => hasSentinels(ids, vocabulary));
}

function partialTarget(
  info: ModalityInfo,
  given: KnownModality,
  size: number,
  vocabulary: DecodingVocabulary,
): ModalityBatch {
  if (info.kind === 'sequence' && 'ids' in given && !given.known)
    return spanMaskedSequences(given.ids, info, vocabulary);
  const image = knownModality(info, given, size, vocabulary);
  const targetMask = image.inputMask.map((masked) => 1 - masked);
  const masked = Array.from({ length: size }, (_, b) => {
    const length = targetMask.length / size;
    return targetMask.subarray(b * length, (b + 1) * length).filter((hidden) => hidden === 0).length;
  });
  if (masked.some((count) => count !== masked[0])) {
    throw new InvalidInputError(
      `'${info.name}' must have equally many masked tokens in every sample, not ${masked.join(', ')}`,
    );
  }
  return { ...image, targetMask };
}
