/** Sequences that are given, whole or in part, when a generation starts. */
import { InvalidInputError } from '../errors.js';
import type { ModalityInfo } from '../modalities/modality.js';
import type { ModalityBatch } from '../transformer/batch.js';
import { type DecodingVocabulary, fullSequence } from './state.js';

/**
 * Sequences in one array that are all input, each up to its first [EOS]; what lies behind is no part of them. A sequence
 * without [EOS] is input to its last place. (`init_full_input_modality` officially.)
 *
 * @param ids    [B, L]
 * @param compat with `official`, all samples end where the first [EOS] of the first sample that has one is; and where no
 *               sample has any, the first id of each is replaced by it, and nothing else is left
 */
export function sequencesUpToEos(
  ids: Int32Array,
  size: number,
  vocabulary: DecodingVocabulary,
  compat?: 'official',
): ModalityBatch {
  const { eosId } = vocabulary;
  const length = ids.length / size;
  const own = Array.from({ length: size }, (_, b) => ids.slice(b * length, (b + 1) * length));
  const ends = own.map((sequence) => sequence.indexOf(eosId));
  if (compat === 'official') {
    const first = ends.find((end) => end >= 0);
    if (first === undefined) for (const sequence of own) sequence[0] = eosId;
    ends.fill(first ?? 0);
  }
  const whole = fullSequence(own, vocabulary);
  const inputMask = whole.inputMask.map((_, i) => {
    const end = ends[Math.floor(i / length)]!;
    return end >= 0 && i % length > end ? 1 : 0;
  });
  return { ...whole, inputMask };
}

/**
 * One sequence of which the beginning is given and the rest open: behind the beginning, the target starts with `startId` and
 * ends with `endId`. (`custom_text` officially.)
 *
 * @param prompt what is given, with everything that the model should see
 * @param length places of the target, at least 2
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
  const inputMask = Uint8Array.from(ids, (_, place) => Number(place >= prompt.length));
  return {
    ids,
    inputMask,
    targetMask: inputMask.map((masked) => 1 - masked),
    decoderAttentionMask: new Int32Array(ids.length),
  };
}

/** Whether a sequence has gaps to be filled: sentinels. */
export function hasSentinels(ids: ArrayLike<number>, { sentinelIds }: DecodingVocabulary): boolean {
  return Array.from(ids).some((id) => sentinelIds.includes(id));
}

/**
 * Sequences with gaps that are open: a sentinel stands for each, `[S_1]` for the first. The target starts with `[S_1]` and
 * ends with the sentinel behind that of the last gap; a sequence that does not end with a gap is complete, [EOS] and all.
 *
 * @param given token ids with sentinels, without [EOS]
 * @throws InvalidInputError for sentinels that are not `[S_1]`, `[S_2]` and so on in this order, for none, or for more tokens
 *                           than the modality has places for
 */
export function spanMaskedSequences(
  given: readonly ArrayLike<number>[],
  info: ModalityInfo,
  vocabulary: DecodingVocabulary,
): ModalityBatch {
  const rows = given.map((ids) => spanMaskedRow(Array.from(ids), info, vocabulary));
  const length = Math.max(...rows.map(({ input, targetLength: places }) => input.length + places));
  const count = rows.length * length;
  const ids = new Int32Array(count).fill(vocabulary.padId);
  const inputMask = new Uint8Array(count).fill(1);
  const targetMask = new Uint8Array(count).fill(1);
  rows.forEach(({ input, targetLength: places, lastId: last }, b) => {
    const start = b * length + input.length;
    ids.set(input, b * length);
    ids[start] = vocabulary.sentinelIds[1]!;
    ids[start + places - 1] = last;
    inputMask.fill(0, b * length, start);
    targetMask.fill(0, start, start + places);
  });
  return { ids, inputMask, targetMask, decoderAttentionMask: Int32Array.from(targetMask, (masked) => 1 - masked) };
}

function spanMaskedRow(
  ids: readonly number[],
  { name, maxTokens }: ModalityInfo,
  { sentinelIds, eosId }: DecodingVocabulary,
): { input: number[]; targetLength: number; lastId: number } {
  const gaps = ids.filter((id) => sentinelIds.includes(id));
  const wrong = gaps.findIndex((id, gap) => id !== sentinelIds[gap + 1]);
  const last = sentinelIds[gaps.length + 1];
  if (gaps.length === 0 || wrong >= 0 || last === undefined) {
    throw new InvalidInputError(
      `the gaps of '${name}' must be [S_1], [S_2] and so on up to at most [S_${sentinelIds.length - 2}], ` +
        `each once, not ${gaps.map((id) => `[S_${sentinelIds.indexOf(id)}]`).join(' ') || 'none'}`,
    );
  }
  const input = sentinelIds.includes(ids.at(-1)!) ? [...ids] : [...ids, eosId];
  const open = maxTokens - (input.length - gaps.length);
  if (open < 1) {
    throw new InvalidInputError(
      `'${name}' has ${maxTokens} places, of which ${maxTokens - open} are given: none is open`,
    );
  }
  return { input, targetLength: open + gaps.length, lastId: last };
}
