import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';
import type { Random } from '../random.js';
import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { ensureLoaded } from '../transformer/task-weights.js';
import { type DecodingProgress, runChain } from './chain.js';
import { chainSteps, type DecodingTarget } from './chain-steps.js';
import { type KnownModalities, knownBatch, sampleCount } from './known-modalities.js';
import { decodingRandomness } from './sampling.js';
import type { DecodingVocabulary } from './state.js';
import { maskedCounts, targetBatch } from './target-batch.js';

/** Something known that guidance makes count, apart from all else. */
export interface WeightedInputs {
  readonly inputs: KnownModalities;
  /** How much it counts: 1 as much as the model believes, more to exaggerate it, below 0 to push away from it. */
  readonly weight: number;
}

/** What {@link generateTokens} is asked for. */
export interface GenerationRequest {
  /**
   * By published name; all with the same number of samples. What is known of a target in part goes here too: image tokens
   * with `known`, text with a sentinel for each gap. It stays as it is, and the rest is generated.
   */
  readonly inputs: KnownModalities;
  /**
   * Guidance by several conditions: each pass of the model sees `inputs` and one of these, and the passes count by their
   * weights. Every complete target is a condition of weight 1 for those behind it; a target's `guidanceWeights` say otherwise.
   */
  readonly conditions?: readonly WeightedInputs[];
  /** In the order in which they are generated; each is input for those behind it. */
  readonly targets: readonly DecodingTarget[];
  readonly vocabulary: DecodingVocabulary;
  /** The same seed gives the same tokens. */
  readonly random: Random;
  /** With `official`, what looks unintended in the official implementation is done as there; `spec/quirks.md` says what. */
  readonly compat?: 'official';
  readonly signal?: AbortSignal | undefined;
  /** Called before the first step of every target, and after every step. */
  readonly onProgress?: ((progress: DecodingProgress) => void) | undefined;
  /** Called where weights have to be read: before the first, and after each tensor with how many numbers there are by now. */
  readonly onLoad?: ((done: number, total: number) => void) | undefined;
}

/**
 * Generates modalities from others.
 *
 * @returns of each target, by name, the token ids of every sample: all tokens of an image, or a text without [EOS]; what was
 *          given of it included
 * @throws InvalidInputError for modalities that are unknown, of the wrong size, both input and target, or not there
 * @throws CancelledError when the signal fires
 */
export async function generateTokens(model: FourM, request: GenerationRequest): Promise<Record<string, Int32Array[]>> {
  const { vocabulary, targets, inputs, conditions, compat } = request;
  const size = sampleCount([inputs, ...(conditions ?? []).map((condition) => condition.inputs)]) ?? 1;
  const open = targetBatch(model, targets, inputs, size, vocabulary);
  const shared = knownBatch(model, withoutTargets(inputs, targets), size, vocabulary, compat);
  const weighted = conditions?.map((condition) => {
    const twice = targets.find(({ modality }) => modality in condition.inputs);
    if (twice) throw new InvalidInputError(`'${twice.modality}' is there twice, as a condition and as a target`);
    return { ...shared, ...knownBatch(model, condition.inputs, size, vocabulary, compat) };
  });
  const steps = chainSteps(conditions ? weightedTargets(targets, conditions) : targets, {
    known: Object.keys(shared),
    infos: Object.fromEntries(Object.entries(model.decoderEmbeddings).map(([name, { info }]) => [name, info] as const)),
    maskedCounts: maskedCounts({ size, modalities: open }),
    compat,
  });
  const read = [shared, ...(weighted ?? [])].flatMap((known) => Object.keys(known));
  await ensureLoaded(model, read, Object.keys(open), request.signal, request.onLoad);
  const final = await runChain(model, { size, modalities: { ...shared, ...open } }, steps, {
    randomness: decodingRandomness(request.random),
    vocabulary,
    compat,
    conditions: weighted,
    shared,
    signal: request.signal,
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
      throw new InvalidInputError(`'${modality}' has a guidance scale, but the conditions have weights in its place`);
    }
    const usual = [...conditions.map(({ weight }) => weight), ...targets.slice(0, before).map(() => 1)];
    const weights = guidanceWeights ?? usual;
    if (weights.length !== usual.length || !weights.every(Number.isFinite)) {
      throw new InvalidInputError(
        `'${modality}' needs ${usual.length} guidance weights, one for each condition and target before it, ` +
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
