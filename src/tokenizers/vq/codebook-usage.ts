import { InvalidInputError } from '../../errors.js';

/**
 * Codebook usage: the fraction of codes that occur in a window of tokens, averaged over all complete windows. (`compute_codebook_usage` officially; ViT-VQGAN, arXiv 2110.04627, uses windows of 256 images.)
 *
 * @param window tokens in a window
 * @throws InvalidInputError if there are fewer tokens than a window
 */
export function codebookUsage(tokens: ArrayLike<number>, codebookSize: number, window: number): number {
  const windows = Math.floor(tokens.length / window);
  if (!(windows >= 1)) throw new InvalidInputError(`${tokens.length} tokens do not fill a window of ${window}`);
  let used = 0;
  for (let i = 0; i < windows; i++)
    used += new Set(Array.prototype.slice.call(tokens, i * window, (i + 1) * window)).size;
  return used / windows / codebookSize;
}
