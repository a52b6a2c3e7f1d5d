import type { MaskedModality } from './masked.js';

/**
 * Selects the input and target patches of an image at random, without overlap. (`image_mask` officially.)
 *
 * @param noise        one uniform random number per patch
 * @param inputBudget  number of input patches
 * @param targetBudget number of target patches among the others (at most all of them); null for all
 */
export function maskImage(
  noise: ArrayLike<number>,
  inputBudget: number,
  targetBudget: number | null,
): Omit<MaskedModality, 'ids'> {
  // The sorting order is used as the ranking, not its inverse: equally random, and as officially.
  const rank = Int32Array.from({ length: noise.length }, (_, i) => i).sort((a, b) => noise[a]! - noise[b]!);
  const end = targetBudget === null ? noise.length : inputBudget + targetBudget;
  const inputMask = Uint8Array.from(rank, (r) => (r < inputBudget ? 0 : 1));
  const targetMask = Uint8Array.from(rank, (r) => (r >= inputBudget && r < end ? 0 : 1));

  // All targets of an image attend to each other: the first entry is their number.
  const decoderAttentionMask = new Int32Array(noise.length);
  const first = targetMask.indexOf(0);
  if (first >= 0) decoderAttentionMask[first] = targetMask.reduce((count, masked) => count + 1 - masked, 0);
  return { inputMask, targetMask, decoderAttentionMask };
}
