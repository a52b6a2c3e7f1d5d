/** Sequences that are given, whole or in part, when a generation starts. */
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
export function endedSequences(
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
export function continuedSequence(
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
