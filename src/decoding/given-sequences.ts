/** Sequences that are given, full or in part, at the start of generation. */
import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';
import type { ModalityBatch } from '../transformer/batch.js';
import { type DecodingVocabulary, fullSequence } from './state.js';

/**
 * Given sequences as input. Each sample is visible up to and including its first [EOS], or as a whole without one; the rest is
 * masked. (`init_full_input_modality` officially.)
 *
 * @param ids    [B, L], B = `size`
 * @param compat `official`: one end for all samples. It is the index of the first [EOS] in the first sample that contains one;
 *               if none does, it is 0, and the first token of every sample becomes [EOS]
 */
export function sequencesUpToEos(
  ids: Int32Array,
  size: number,
  vocabulary: DecodingVocabulary,
  compat?: 'official',
): ModalityBatch {
  const { eosId } = vocabulary;
  const length = ids.length / size;
  const sequences = Array.from({ length: size }, (_, b) => ids.slice(b * length, (b + 1) * length));
  const ends = sequences.map((sequence) => sequence.indexOf(eosId));
  if (compat === 'official') {
    const first = ends.find((end) => end >= 0);
    if (first === undefined) for (const sequence of sequences) sequence[0] = eosId;
    ends.fill(first ?? 0);
  }
  const full = fullSequence(sequences, vocabulary);
  const inputMask = full.inputMask.map((_, i) => {
    const end = ends[Math.floor(i / length)]!;
    return end >= 0 && i % length > end ? 1 : 0;
  });
  return { ...full, inputMask };
}

/**
 * One sequence with a given prompt as input, followed by a target from `startId` to `endId`. (`custom_text` officially.)
 *
 * @param prompt token ids, special tokens included
 * @param length length of the target, at least 2
 */
export function sequenceWithPrompt(
  prompt: ArrayLike<number>,
  length: number,
  { startId, endId, padId }: { startId: number; endId: number; padId: number },
): ModalityBatch {
  const ids = new Int32Array(prompt.length + length).fill(padId);
  ids.set(prompt);
  ids[prompt.length] = startId;
  ids[ids.length - 1] = endId;
  const inputMask = Uint8Array.from(ids, (_, i) => Number(i >= prompt.length));
  return {
    ids,
    inputMask,
    targetMask: inputMask.map((masked) => 1 - masked),
    decoderAttentionMask: new Int32Array(ids.length),
  };
}

/** Whether a sequence has masked spans, marked by sentinels. */
export function hasSentinels(ids: ArrayLike<number>, { sentinelIds }: DecodingVocabulary): boolean {
  return Array.from(ids).some((id) => sentinelIds.includes(id));
}

/**
 * Span-masked sequences: a sentinel marks each span to fill, `[S_1]` the first. The target starts with `[S_1]` and ends with
 * the sentinel after that of the last span. [EOS] is appended to a sequence that does not end with a span.
 *
 * @param given token ids with sentinels, without [EOS]
 * @throws InvalidInputError for sentinels other than `[S_1]`, `[S_2]` and so on in this order, for none, and for more tokens
 *                           than the modality's maximum
 */
export function spanMaskedSequences(
  given: readonly ArrayLike<number>[],
  info: ModalityInfo,
  vocabulary: DecodingVocabulary,
): ModalityBatch {
  const rows = given.map((ids) => spanMaskedRow(Array.from(ids), info, vocabulary));
  const length = Math.max(...rows.map(({ input, targetLength }) => input.length + targetLength));
  const count = rows.length * length;
  const ids = new Int32Array(count).fill(vocabulary.padId);
  const inputMask = new Uint8Array(count).fill(1);
  const targetMask = new Uint8Array(count).fill(1);
  rows.forEach(({ input, targetLength, lastId }, b) => {
    const start = b * length + input.length;
    ids.set(input, b * length);
    ids[start] = vocabulary.sentinelIds[1]!;
    ids[start + targetLength - 1] = lastId;
    inputMask.fill(0, b * length, start);
    targetMask.fill(0, start, start + targetLength);
  });
  return { ids, inputMask, targetMask, decoderAttentionMask: Int32Array.from(targetMask, (masked) => 1 - masked) };
}

function spanMaskedRow(
  ids: readonly number[],
  { name, maxTokens }: ModalityInfo,
  { sentinelIds, eosId }: DecodingVocabulary,
): { input: number[]; targetLength: number; lastId: number } {
  const spans = ids.filter((id) => sentinelIds.includes(id));
  const wrong = spans.findIndex((id, span) => id !== sentinelIds[span + 1]);
  const lastId = sentinelIds[spans.length + 1];
  if (spans.length === 0 || wrong >= 0 || lastId === undefined) {
    throw new InvalidInputError(
      `the sentinels of '${name}' must be [S_1], [S_2] and so on up to at most [S_${sentinelIds.length - 2}], ` +
        `each once, not ${spans.map((id) => `[S_${sentinelIds.indexOf(id)}]`).join(' ') || 'none'}`,
    );
  }
  const input = sentinelIds.includes(ids.at(-1)!) ? [...ids] : [...ids, eosId];
  const masked = maxTokens - (input.length - spans.length);
  if (masked < 1) {
    throw new InvalidInputError(
      `'${name}' takes at most ${maxTokens} tokens, and ${maxTokens - masked} are given: no tokens are left to generate`,
    );
  }
  return { input, targetLength: masked + spans.length, lastId };
}
