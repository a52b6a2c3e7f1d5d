import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';
import type { Random } from '../random.js';
import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { ensureLoaded } from '../transformer/task-weights.js';
import { type DecodingProgress, type GeneratedTokens, runChain } from './chain.js';
import { chainSteps, type DecodingTarget } from './chain-steps.js';
import { type KnownModalities, knownBatch, sampleCount } from './known-modalities.js';
import { decodingRandomness } from './sampling.js';
import type { DecodingVocabulary } from './state.js';
import { maskedCounts, targetBatch } from './target-batch.js';
import type { TokenDetails } from './token-details.js';

/** A condition of guidance, with its weight. */
export interface WeightedInputs {
  readonly inputs: KnownModalities;
  /** Weight of the condition: 1 for no guidance, above 1 to strengthen it, below 0 to guide away from it. */
  readonly weight: number;
}

/** Inputs, targets and options of {@link generateTokens}. */
export interface GenerationRequest {
  /**
   * By published name; all with the same number of samples. A target that is given in part goes here too: image tokens with
   * `known`, text with a sentinel for each span to fill. The given part is kept, and the rest is generated.
   */
  readonly inputs: KnownModalities;
  /**
   * Guidance by several conditions: each pass of the model gets `inputs` and one of these, and the logits are combined by the
   * weights. Every completed target is a condition of weight 1 for the targets after it, unless their `guidanceWeights` differ.
   */
  readonly conditions?: readonly WeightedInputs[];
  /** In the order of generation; each is input for the targets after it. */
  readonly targets: readonly DecodingTarget[];
  readonly vocabulary: DecodingVocabulary;
  /**
   * Where random numbers come from. With a generator for each sample, [B], a sample gets the tokens that it gets alone; with a single
   * one, as officially, they depend on the samples before it.
   */
  readonly random: Random | readonly Random[];
  /** With `official`, unintended behaviour of the official implementation is reproduced; `spec/quirks.md` lists it. */
  readonly compat?: 'official';
  readonly signal?: AbortSignal | undefined;
  /** Called with the tokens that each step has committed, before its `onProgress`. */
  readonly onTokens?: ((step: GeneratedTokens) => void) | undefined;
  /** Details that `onTokens` reports besides probabilities. */
  readonly details?: TokenDetails | undefined;
  /** Called before the first step of every target, and after every step. */
  readonly onProgress?: ((progress: DecodingProgress) => void) | undefined;
  /** Called if weights have to be loaded: before the first tensor, and after each, with the number of values loaded so far. */
  readonly onLoad?: ((done: number, total: number) => void) | undefined;
}

/**
 * Generates the tokens of target modalities from input modalities.
 *
 * @returns token ids of every sample, by target: all tokens of an image, or a text without [EOS]. Tokens that were given are
 *          included
 * @throws InvalidInputError for modalities that are unknown, missing, of the wrong size, or both input and target
 * @throws CancelledError when the signal fires
 */
export async function generateTokens(model: FourM, request: GenerationRequest): Promise<Record<string, Int32Array[]>> {
  const { vocabulary, targets, inputs, conditions, compat } = request;
  const size = sampleCount([inputs, ...(conditions ?? []).map((condition) => condition.inputs)]) ?? 1;
  if (Array.isArray(request.random) && request.random.length !== size) {
    throw new InvalidInputError(
      `${size} samples need as many generators of random numbers, not ${request.random.length}`,
    );
  }
  const target = targetBatch(model, targets, inputs, size, vocabulary);
  const shared = knownBatch(model, withoutTargets(inputs, targets), size, vocabulary, compat);
  const weighted = conditions?.map((condition) => {
    const both = targets.find(({ modality }) => modality in condition.inputs);
    if (both) throw new InvalidInputError(`'${both.modality}' is both a condition and a target`);
    return { ...shared, ...knownBatch(model, condition.inputs, size, vocabulary, compat) };
  });
  const steps = chainSteps(conditions ? weightedTargets(targets, conditions) : targets, {
    known: Object.keys(shared),
    infos: Object.fromEntries(Object.entries(model.decoderEmbeddings).map(([name, { info }]) => [name, info] as const)),
    maskedCounts: maskedCounts({ size, modalities: target }),
    compat,
  });
  const read = [shared, ...(weighted ?? [])].flatMap((known) => Object.keys(known));
  await ensureLoaded(model, read, Object.keys(target), request.signal, request.onLoad);
  const final = await runChain(model, { size, modalities: { ...shared, ...target } }, steps, {
    randomness: decodingRandomness(request.random),
    vocabulary,
    compat,
    conditions: weighted,
    shared,
    signal: request.signal,
    onTokens: request.onTokens,
    details: request.details,
    onProgress: request.onProgress,
  });
  return Object.fromEntries(
    targets.map(({ modality }) => [modality, samplesOf(final, modality, model.modalities[modality]!, vocabulary)]),
  );
}

function withoutTargets(inputs: KnownModalities, targets: readonly DecodingTarget[]): KnownModalities {
  const generated = new Set(targets.map(({ modality }) => modality));
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !generated.has(name)));
}

function weightedTargets(targets: readonly DecodingTarget[], conditions: readonly WeightedInputs[]): DecodingTarget[] {
  return targets.map((target, before) => {
    const { modality, guidanceScale, guidanceWeights } = target;
    if (guidanceScale !== undefined && guidanceScale !== 1) {
      throw new InvalidInputError(
        `'${modality}' has a guidance scale, but with several conditions guidance is set by their weights`,
      );
    }
    const defaults = [...conditions.map(({ weight }) => weight), ...targets.slice(0, before).map(() => 1)];
    const weights = guidanceWeights ?? defaults;
    if (weights.length !== defaults.length || !weights.every(Number.isFinite)) {
      throw new InvalidInputError(
        `'${modality}' needs ${defaults.length} finite guidance weights, one for each condition and target before it, ` +
          `not ${weights.join(', ') || 'none'}`,
      );
    }
    return { ...target, guidanceWeights: weights };
  });
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
