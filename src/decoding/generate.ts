import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';
import type { Random } from '../random.js';
import { type Batch, gridSize, type ModalityBatch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { chainSteps, type DecodingProgress, type DecodingTarget, runChain } from './chain.js';
import { randomDraws } from './sampling.js';
import { type DecodingVocabulary, fullImage, fullSequence, openImage, openSequence } from './state.js';

/** What is known of a modality, sample by sample. */
export type KnownModality =
  /** Token ids of an image modality, or of a text without [EOS]. */
  | { readonly ids: readonly ArrayLike<number>[] }
  /** Images, normalised as the modality wants them, each [C, H, W]. */
  | { readonly pixels: readonly Float32Array[] };

/** What {@link generateTokens} is asked for. */
export interface GenerationRequest {
  /** By published name; all with the same number of samples. */
  readonly inputs: Readonly<Record<string, KnownModality>>;
  /** In the order in which they are generated; each is input for those behind it. */
  readonly targets: readonly DecodingTarget[];
  readonly vocabulary: DecodingVocabulary;
  /** The same seed gives the same tokens. */
  readonly random: Random;
  readonly signal?: AbortSignal;
  /** Called after every decoding step. */
  readonly onProgress?: (progress: DecodingProgress) => void;
}

/**
 * Generates modalities from others.
 *
 * @returns of each target, by name, the token ids of every sample: all tokens of an image, or a text without [EOS]
 * @throws InvalidInputError for modalities that are unknown, of the wrong size, both input and target, or not there
 * @throws CancelledError when the signal fires
 */
export async function generateTokens(model: FourM, request: GenerationRequest): Promise<Record<string, Int32Array[]>> {
  const { vocabulary, targets } = request;
  const batch = startingBatch(model, request);
  const predictable = Object.fromEntries(
    Object.entries(model.decoderEmbeddings).map(([name, { info }]) => [name, info] as const),
  );
  const steps = chainSteps(targets, Object.keys(request.inputs), predictable);
  const final = await runChain(model, batch, steps, {
    draws: randomDraws(request.random),
    vocabulary,
    stopIds: [vocabulary.eosId, vocabulary.sentinelIds[2]!],
    signal: request.signal,
    onProgress: request.onProgress,
  });
  return Object.fromEntries(
    targets.map(({ modality }) => [modality, samplesOf(final, modality, model.modalities[modality]!, vocabulary)]),
  );
}

/** Inputs that are all known, and targets that are all open, in the order in which the model lists its inputs. */
function startingBatch(model: FourM, { inputs, targets, vocabulary }: GenerationRequest): Batch {
  const sizes = Object.values(inputs).map((known) => ('ids' in known ? known.ids : known.pixels).length);
  const size = sizes[0] ?? 1;
  if (sizes.some((other) => other !== size)) {
    throw new InvalidInputError(`all inputs must have the same number of samples, not ${sizes.join(', ')}`);
  }
  const modalities: Record<string, ModalityBatch> = {};
  for (const [name, known] of Object.entries(inputs)) {
    const info = model.encoderEmbeddings[name]?.info;
    if (!info) {
      const readable = Object.keys(model.encoderEmbeddings).join(', ');
      throw new InvalidInputError(`the model cannot read '${name}', only ${readable}`);
    }
    modalities[name] = knownModality(info, known, size, vocabulary);
  }
  for (const { modality } of targets) {
    const info = model.decoderEmbeddings[modality]?.info;
    if (!info) {
      const sayable = Object.keys(model.decoderEmbeddings).join(', ');
      throw new InvalidInputError(`the model cannot predict '${modality}', only ${sayable}`);
    }
    if (modality in modalities) throw new InvalidInputError(`'${modality}' is there twice, as input or target`);
    modalities[modality] =
      info.kind === 'sequence' ? openSequence(size, info.maxTokens + 1, vocabulary) : openImage(info, size);
  }
  return { size, modalities };
}

function knownModality(
  info: ModalityInfo,
  known: KnownModality,
  size: number,
  vocabulary: DecodingVocabulary,
): ModalityBatch {
  if ('pixels' in known) {
    if (info.kind !== 'pixels') throw new InvalidInputError(`'${info.name}' is of kind ${info.kind}, not pixels`);
    return fullImage(info, size, { pixels: joined(Float32Array, known.pixels) });
  }
  if (info.kind === 'sequence') {
    const complete = known.ids.map((ids) => [...Array.from(ids), vocabulary.eosId].slice(0, info.maxTokens));
    return fullSequence(complete, vocabulary);
  }
  if (info.kind !== 'image-tokens')
    throw new InvalidInputError(`'${info.name}' is of kind ${info.kind}, not token ids`);
  const wrong = known.ids.find((ids) => ids.length !== gridSize(info));
  if (wrong) throw new InvalidInputError(`'${info.name}' has ${gridSize(info)} tokens a sample, not ${wrong.length}`);
  return fullImage(info, size, { ids: joined(Int32Array, known.ids) });
}

function joined<T extends Float32Array | Int32Array>(
  Type: new (length: number) => T,
  arrays: readonly ArrayLike<number>[],
): T {
  const result = new Type(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    result.set(array, at);
    at += array.length;
  }
  return result;
}

function samplesOf(batch: Batch, modality: string, info: ModalityInfo, vocabulary: DecodingVocabulary): Int32Array[] {
  const { ids, inputMask } = batch.modalities[modality]!;
  const length = inputMask.length / batch.size;
  return Array.from({ length: batch.size }, (_, b) => {
    const own = ids!.subarray(b * length, (b + 1) * length);
    if (info.kind === 'image-tokens') return own.slice();
    const known = own.filter((_, l) => inputMask[b * length + l] === 0);
    const end = known.indexOf(vocabulary.eosId);
    return end < 0 ? known : known.slice(0, end);
  });
}
