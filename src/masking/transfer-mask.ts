/** Masking for transfer: every modality is all input or all target. (`TransferMasking` officially.) */
import type { MaskedModality, SequenceVocabulary } from './masked.js';
import { maskSpans } from './span-mask.js';

/** What a modality is to a model that is fine-tuned to predict some modalities from others. */
export type TransferRole = 'input' | 'target';

/**
 * An image that is seen, or predicted, as a whole. (`input_image` and `target_image` officially.)
 *
 * @param patches how many there are
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
 * A sequence that is seen, or predicted, as a whole, in `2 * (maxTokens + 1)` places: the input from the front, the target
 * from `maxTokens` on. A sequence that is seen still has a target, the sentinel that ends it. (`input_sequence` and
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
  // Any number between keeps all tokens with probability 1 and none with 0.
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
