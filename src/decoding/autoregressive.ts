import { pauseOrCancel } from '../errors.js';
import { mergeSpans } from '../masking/span-mask.js';
import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { guidancePasses } from './guidance.js';
import { argmaxIds, sampledTokens } from './logits-readout.js';
import { isGreedy } from './sampling.js';
import { SequenceDecoder } from './sequence-decoder.js';
import { type DecodingVocabulary, fullSequence } from './state.js';
import type { GeneratedToken, StepOptions } from './step.js';

/** Options of {@link autoregressiveStep}. */
export interface SequenceOptions extends StepOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after every token, with the number of tokens so far and their maximum. */
  readonly onToken?: (done: number, total: number) => void;
}

/** Prefix and stopping rule of one sample. */
interface SequenceStart {
  /** Token ids, with a sentinel for each masked span. */
  readonly input: readonly number[];
  /** First token of the target. */
  readonly prefix: number[];
  /** Maximum number of tokens after the prefix, sentinels included. */
  readonly maxNewTokens: number;
  /** Maximum number of tokens that fill spans. */
  readonly maxSpanTokens: number;
  /** Ids that end the target. */
  readonly stopIds: readonly number[];
  /** The sentinel of the last span, if that is at the end of the sequence: after it, [EOS] ends the target too. */
  readonly finalSpanId?: number;
}

/**
 * Generates a sequence token by token, starting from the first token of its target, until every sample is complete or
 * `maxTokens` long. (`autoregressive_step_batched` and `guided_autoregressive_step_batched` officially.)
 *
 * The target lists the masked spans, each after its sentinel: `[S_1] tokens [S_2] tokens [S_3]`. With n spans, `[S_n+1]`
 * completes a sample. If the sequence ends with a span, [EOS] after `[S_n]` completes it too.
 *
 * @param options `compat: 'official'` differs in four points: every sample is completed by the last id of the first sample's
 *                target; tokens behind that id are kept; in the result, generated tokens are masked as targets; a result
 *                without tokens has length 0, not 1
 * @returns       the batch with the sequence as input, every sentinel replaced by the tokens generated for its span
 * @throws CancelledError when the signal fires
 */
export async function autoregressiveStep(
  model: FourM,
  batch: Batch,
  modality: string,
  options: SequenceOptions,
): Promise<Batch> {
  const { vocabulary, compat } = options;
  const starts = sequenceStarts(batch, modality, model.modalities[modality]!.maxTokens, options);
  const passes = guidancePasses(batch, modality, options.guidance, model.modalities, vocabulary);
  const generated = await decodeSequences(
    new SequenceDecoder(model, passes, modality, options.encoderCache),
    starts,
    modality,
    options,
  );
  const merged = starts.map((start, b) => {
    const spans = compat ? generated[b]! : truncateAtStop(generated[b]!, start, vocabulary);
    return mergeSpans(start.input, spans, vocabulary.sentinelIds);
  });
  const known = fullSequence(merged, vocabulary, compat ? 0 : 1);
  const state = compat ? { ...known, targetMask: known.inputMask.slice() } : known;
  return { size: batch.size, modalities: { ...batch.modalities, [modality]: state } };
}

/** Sequences up to the token that completes them; with `compat`, until all are complete. */
async function decodeSequences(
  decoder: SequenceDecoder,
  starts: readonly SequenceStart[],
  modality: string,
  options: SequenceOptions,
): Promise<number[][]> {
  const generated = starts.map((start) => [...start.prefix]);
  const ends: (number | undefined)[] = starts.map(() => undefined);
  const markComplete = () => {
    generated.forEach((sequence, b) => {
      if (ends[b] === undefined && isComplete(sequence, starts[b]!, options)) ends[b] = sequence.length;
    });
  };
  const maxNewTokens = Math.max(...starts.map((start) => start.maxNewTokens));
  try {
    markComplete();
    for (let i = 0; i < maxNewTokens && ends.includes(undefined); i++) {
      await pauseOrCancel(options.signal, `generating '${modality}'`);
      const ids = Int32Array.from(generated, (sequence) => sequence[i]!);
      const draws = ends.map((end) => end === undefined || options.compat !== undefined);
      const next = await sampleNextTokens(decoder, ids, draws, options);
      generated.forEach((sequence, b) => {
        sequence.push(next[b]!.id);
      });
      options.onTokens?.(next.map((token, b) => (draws[b] ? [{ ...(token as GeneratedToken), position: i }] : [])));
      markComplete();
      options.onToken?.(i + 1, maxNewTokens);
    }
  } finally {
    decoder.dispose();
  }
  return options.compat ? generated : generated.map((sequence, b) => sequence.slice(0, ends[b]));
}

function isComplete(
  sequence: readonly number[],
  start: SequenceStart,
  { vocabulary, compat }: SequenceOptions,
): boolean {
  if (stopIndex(sequence, start, vocabulary) >= 0) return true;
  if (compat) return false;
  const filled = sequence.filter((id) => !vocabulary.sentinelIds.includes(id)).length;
  return filled >= start.maxSpanTokens || sequence.length >= start.prefix.length + start.maxNewTokens;
}

/**
 * Samples the token after `ids` in every sequence.
 *
 * @param draws the samples that draw a random number; complete ones do not, so that the draws of a sample are the same in any batch
 */
async function sampleNextTokens(
  decoder: SequenceDecoder,
  ids: Int32Array,
  draws: readonly boolean[],
  options: StepOptions,
): Promise<readonly (Pick<GeneratedToken, 'id'> | Omit<GeneratedToken, 'position'>)[]> {
  if (isGreedy(options.temperature) && !options.onTokens) {
    return Array.from((await decoder.predictNext(ids, argmaxIds)).output, (id) => ({ id }));
  }
  const uniforms = () => {
    const drawn = options.randomness.uniforms(draws.map(Number));
    let at = 0;
    return drawn && draws.map((isDrawn) => (isDrawn ? drawn[at++]! : 0));
  };
  const counts = draws.map(() => 1);
  const readout = sampledTokens(counts, { ...options, randomness: { uniforms } });
  const { output, attention } = await decoder.predictNext(ids, readout, options.details?.attention);
  return output.map((token, b) => ({ ...token, ...(attention && { attention: attention(b, 0) }) }));
}

function sequenceStarts(
  batch: Batch,
  modality: string,
  maxTokens: number,
  { vocabulary, compat }: SequenceOptions,
): SequenceStart[] {
  const { ids, inputMask, targetMask } = batch.modalities[modality]!;
  const length = inputMask.length / batch.size;
  const own = (b: number, mask: Uint8Array) =>
    Array.from(ids!.subarray(b * length, (b + 1) * length)).filter((_, l) => mask[b * length + l] === 0);
  const { sentinelIds } = vocabulary;
  const firstTarget = own(0, targetMask);
  return Array.from({ length: batch.size }, (_, b) => {
    const [target, known] = [own(b, targetMask), own(b, inputMask)];
    const input = known.length > 0 ? known : [sentinelIds[1]!];
    const shared = { input, prefix: target.slice(0, 1), maxSpanTokens: maxTokens };
    if (compat) {
      return { ...shared, maxNewTokens: Math.min(maxTokens, firstTarget.length), stopIds: firstTarget.slice(-1) };
    }
    const spans = input.filter((id) => sentinelIds.includes(id));
    const lastSpan = Math.max(0, ...spans.map((id) => sentinelIds.indexOf(id)));
    const endsWithSpan = sentinelIds.includes(input.at(-1)!);
    return {
      ...shared,
      maxNewTokens: target.length - 1,
      maxSpanTokens: maxTokens - (input.length - spans.length),
      stopIds: [sentinelIds[lastSpan + 1]!],
      ...(endsWithSpan && { finalSpanId: sentinelIds[lastSpan]! }),
    };
  });
}

/** Index of the token that completes a sample, -1 if there is none. */
function stopIndex(
  generated: readonly number[],
  { stopIds, finalSpanId }: SequenceStart,
  { eosId }: DecodingVocabulary,
): number {
  return generated.findIndex((id, i) => {
    return (
      stopIds.includes(id) || (id === eosId && finalSpanId !== undefined && generated.slice(0, i).includes(finalSpanId))
    );
  });
}

/** The tokens up to the one that completes the sample, without [EOS] before it and without tokens beyond the maximum. */
function truncateAtStop(generated: readonly number[], start: SequenceStart, vocabulary: DecodingVocabulary): number[] {
  const stop = stopIndex(generated, start, vocabulary);
  let remaining = start.maxSpanTokens;
  return generated
    .slice(0, stop < 0 ? undefined : stop + 1)
    .filter((id, i) => id !== vocabulary.eosId || i === stop)
    .filter((id) => vocabulary.sentinelIds.includes(id) || remaining-- > 0);
}
