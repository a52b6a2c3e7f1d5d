import { pauseOrCancel } from '../errors.js';
import { mergeSpans } from '../masking/span-mask.js';
import type { Batch } from '../transformer/batch.js';
import type { FourM } from '../transformer/model.js';
import { guidancePasses } from './guidance.js';
import { argmaxIds, sampledTokens } from './logits-readout.js';
import { isGreedy } from './sampling.js';
import { SequenceDecoder } from './sequence-decoder.js';
import { type DecodingVocabulary, fullSequence } from './state.js';
import type { StepOptions } from './step.js';

/** How a sequence is said. */
export interface SequenceOptions extends StepOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after every token with how many there are, and how many there can be. */
  readonly onToken?: (done: number, total: number) => void;
}

/** What a sample of a sequence starts from, and when it is complete. */
interface SequenceStart {
  /** Token ids, a sentinel for each gap. */
  readonly input: readonly number[];
  /** The first token of the target. */
  readonly prefix: number[];
  /** How many tokens there can be behind it, sentinels and all. */
  readonly maxNewTokens: number;
  /** How many of these can fill gaps. */
  readonly maxSpanTokens: number;
  /** Ids after which nothing follows. */
  readonly stopIds: readonly number[];
  /** The sentinel behind which [EOS] ends the sample too, where its last gap is at its end. */
  readonly finalSpanId?: number;
}

/**
 * Says a sequence from left to right, starting with the first token of its target, until every sample is complete or the
 * target's places are used up. (`autoregressive_step_batched` and `guided_autoregressive_step_batched` officially.)
 *
 * A sample is complete with the sentinel behind that of its last gap, and with [EOS] if that gap is at its end.
 *
 * @param options with `compat`, the id at the end of the first sample's target completes every sample, nothing is cut off
 *                behind it but by the sentinels, what was said counts as target as well as input, which no model sees, and
 *                there is no place at all where all that was said vanishes
 * @returns the batch with the sequence as input: what was input before, every sentinel replaced by what was said for it
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
  const said = await decodeSequences(
    new SequenceDecoder(model, passes, modality, options.encoderCache),
    starts,
    modality,
    options,
  );
  const merged = starts.map((start, b) => {
    const filling = compat ? said[b]! : truncateAtStop(said[b]!, start, vocabulary);
    return mergeSpans(start.input, filling, vocabulary.sentinelIds);
  });
  const known = fullSequence(merged, vocabulary, compat ? 0 : 1);
  const state = compat ? { ...known, targetMask: known.inputMask.slice() } : known;
  return { size: batch.size, modalities: { ...batch.modalities, [modality]: state } };
}

async function decodeSequences(
  decoder: SequenceDecoder,
  starts: readonly SequenceStart[],
  modality: string,
  options: SequenceOptions,
): Promise<number[][]> {
  const said = starts.map((start) => [...start.prefix]);
  const most = Math.max(...starts.map((start) => start.maxNewTokens));
  const sentinels = new Set(options.vocabulary.sentinelIds);
  const complete = (b: number) => {
    const { maxSpanTokens: room } = starts[b]!;
    const filled = said[b]!.filter((id) => !sentinels.has(id)).length;
    return stopIndex(said[b]!, starts[b]!, options.vocabulary) >= 0 || (!options.compat && filled >= room);
  };
  try {
    for (let i = 0; i < most && !said.every((_, b) => complete(b)); i++) {
      await pauseOrCancel(options.signal, `generating '${modality}'`);
      const next = await sampleNextTokens(
        decoder,
        Int32Array.from(said, (sequence) => sequence[i]!),
        options,
      );
      said.forEach((sequence, b) => {
        sequence.push(next[b]!);
      });
      options.onToken?.(i + 1, most);
    }
  } finally {
    decoder.dispose();
  }
  return said;
}

/** The token after the given one, of every sample. */
async function sampleNextTokens(decoder: SequenceDecoder, ids: Int32Array, options: StepOptions): Promise<Int32Array> {
  if (isGreedy(options.temperature)) return decoder.predictNext(ids, argmaxIds);
  const drawn = await decoder.predictNext(ids, sampledTokens(ids.length, options));
  return Int32Array.from(drawn, ({ id }) => id);
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
    const gaps = input.filter((id) => sentinelIds.includes(id));
    const lastGap = Math.max(0, ...gaps.map((id) => sentinelIds.indexOf(id)));
    const openEnd = sentinelIds.includes(input.at(-1)!);
    return {
      ...shared,
      maxNewTokens: target.length - 1,
      maxSpanTokens: maxTokens - (input.length - gaps.length),
      stopIds: [sentinelIds[lastGap + 1]!],
      ...(openEnd && { finalSpanId: sentinelIds[lastGap]! }),
    };
  });
}

/** Where a sample is complete, -1 if it is not. */
function stopIndex(
  said: readonly number[],
  { stopIds: stops, finalSpanId: openEnd }: SequenceStart,
  { eosId }: DecodingVocabulary,
): number {
  return said.findIndex((id, i) => {
    return stops.includes(id) || (id === eosId && openEnd !== undefined && said.slice(0, i).includes(openEnd));
  });
}

/** What was said before the sample was complete; an [EOS] inside does not end anything, and is left out. */
function truncateAtStop(said: readonly number[], start: SequenceStart, vocabulary: DecodingVocabulary): number[] {
  const stop = stopIndex(said, start, vocabulary);
  let { maxSpanTokens: room } = start;
  return said
    .slice(0, stop < 0 ? undefined : stop + 1)
    .filter((id, i) => id !== vocabulary.eosId || i === stop)
    .filter((id) => vocabulary.sentinelIds.includes(id) || room-- > 0);
}
