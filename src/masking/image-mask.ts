import type { MaskedModality } from './masked.js';

/**
 * Which patches of an image are input and which are target: a random choice without overlap. (`image_mask` officially.)
 *
 * @param noise        one uniform random number per patch
 * @param inputBudget  how many patches are input
 * @param targetBudget how many of the others are target (as many as there are, if fewer); null for all of them
 */
export function maskImage(
  noise: ArrayLike<number>,
  inputBudget: number,
  targetBudget: number | null,
): Omit<MaskedModality, 'ids'> {
  // The sorting order serves as the random ranking itself, not its inverse: equally random, and what is published.
  const rank = Int32Array.from({ length: noise.length }, (_, i) => i).sort((a, b) => noise[a]! - noise[b]!);
  const end = targetBudget === null ? noise.length : inputBudget + targetBudget;
  const inputMask = Uint8Array.from(rank, (r) => (r < inputBudget ? 0 : 1));
  const targetMask = Uint8Array.from(rank, (r) => (r >= inputBudget && r < end ? 0 : 1));

  // All targets of an image see each other: the first one opens the whole block.
  const decoderAttentionMask = new Int32Array(noise.length);
  const first = targetMask.indexOf(0);
  if (first >= 0) decoderAttentionMask[first] = targetMask.reduce((count, masked) => count + 1 - masked, 0);
  return { inputMask, targetMask, decoderAttentionMask };
}
