/** What is to be generated when a generation starts. */
import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';
import type { Batch, ModalityBatch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import type { DecodingTarget } from './chain-steps.js';
import { hasSentinels, spanMaskedSequences } from './given-sequences.js';
import { type KnownModalities, type KnownModality, knownModality } from './known-modalities.js';
import { type DecodingVocabulary, emptyImageTarget, emptySequenceTarget } from './state.js';

/**
 * What is to be generated: all of it, or what is left of a target that the inputs have in part.
 *
 * @throws InvalidInputError for what the model cannot predict, and for targets that are given whole, or in some samples more
 *                           of than in others
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
      const sayable = Object.keys(model.decoderEmbeddings).join(', ');
      throw new InvalidInputError(`the model cannot predict '${modality}', only ${sayable}`);
    }
    const given = inputs[modality];
    if (modality in modalities || (given && !isPartial(given, vocabulary))) {
      throw new InvalidInputError(`'${modality}' is there twice, as input or target`);
    }
    modalities[modality] = given
      ? partialTarget(info, given, size, vocabulary)
      : info.kind === 'sequence'
        ? emptySequenceTarget(size, info.maxTokens + 1, vocabulary)
        : emptyImageTarget(info, size);
  }
  return modalities;
}

/** How many tokens of each image target are open in a sample. */
export function maskedCounts({ size, modalities }: Batch): Record<string, number> {
  return Object.fromEntries(
    Object.entries(modalities).map(([name, { targetMask }]) => {
      return [name, targetMask.subarray(0, targetMask.length / size).filter((decided) => decided === 0).length];
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
  const open = Array.from({ length: size }, (_, b) => {
    const length = targetMask.length / size;
    return targetMask.subarray(b * length, (b + 1) * length).filter((decided) => decided === 0).length;
  });
  if (open.some((count) => count !== open[0])) {
    throw new InvalidInputError(
      `'${info.name}' must have as many tokens to generate in every sample, not ${open.join(', ')}`,
    );
  }
  return { ...image, targetMask };
}
