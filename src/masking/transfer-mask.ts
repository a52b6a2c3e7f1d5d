/** Masking for transfer: every modality is all input or all target. (`TransferMasking` officially.) */
import type { MaskedModality, SequenceVocabulary } from './masked.js';
import { maskSpans } from './span-mask.js';

/** Role of a modality in fine-tuning. */
export type TransferRole = 'input' | 'target';

/**
 * An image that is entirely input or target. (`input_image` and `target_image` officially.)
 *
 * @param patches number of patches
 */
export function transferImage(role: TransferRole, patches: number): Omit<MaskedModality, 'ids'> {
  const decoderAttentionMask = new Int32Array(patches);
  if (role === 'target' && patches > 0) decoderAttentionMask[0] = patches;
  return {
    inputMask: new Uint8Array(patches).fill(role === 'input' ? 0 : 1),
    targetMask: new Uint8Array(patches).fill(role === 'target' ? 0 : 1),
    decoderAttentionMask,
  };
}

/**
 * A sequence that is entirely input or target, in `2 * (maxTokens + 1)` positions: the input from the start, the target from
 * `maxTokens` on. A sequence that is input still has a target, the final sentinel. (`input_sequence` and
 * `target_sequence` officially.)
 *
 * @param chunks ids as `textChunks` or `wholeChunks` prepare them
 */
export function transferSequence(
  role: TransferRole,
  chunks: readonly ArrayLike<number>[],
  maxTokens: number,
  vocabulary: SequenceVocabulary,
): MaskedModality {
  const keep = role === 'input' ? 1 : 0;
  // With any random number in (0, 1), keep probability 1 keeps all tokens and 0 none.
  const spans = maskSpans(chunks, new Float64Array(chunks.length).fill(0.5), keep, vocabulary.sentinelIds);
  const input = role === 'input' ? spans.input : [];
  const length = 2 * (maxTokens + 1);
  const end = maxTokens + spans.target.length;
  const ids = new Int32Array(length).fill(vocabulary.padId);
  ids.set(input, 0);
  ids.set(spans.target, maxTokens);
  return {
    ids,
    inputMask: new Uint8Array(length).fill(1).fill(0, 0, input.length),
    targetMask: new Uint8Array(length).fill(1).fill(0, maxTokens, end),
    decoderAttentionMask: new Int32Array(length).fill(1, maxTokens, end),
  };
}
