import { InvalidInputError } from '../../errors.js';

/**
 * How much of a codebook is in use: the share of codes that occur among so many tokens, on average over all whole windows of
 * that many. (`compute_codebook_usage` officially; ViT-VQGAN, arXiv 2110.04627, takes 256 pictures for a window.)
 *
 * @param window tokens that are looked at together
 * @throws InvalidInputError if there are not enough tokens for one window
 */
export function codebookUsage(tokens: ArrayLike<number>, codebookSize: number, window: number): number {
  const windows = Math.floor(tokens.length / window);
  if (!(windows >= 1)) throw new InvalidInputError(`${tokens.length} tokens do not fill a window of ${window}`);
  let used = 0;
  for (let i = 0; i < windows; i++)
    used += new Set(Array.prototype.slice.call(tokens, i * window, (i + 1) * window)).size;
  return used / windows / codebookSize;
}
