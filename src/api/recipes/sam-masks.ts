import type { SamInstance } from '../../modalities/text/sam-instances.js';
import { detokenize, type VqVae } from '../../tokenizers/vq/vqvae.js';
import { mergedMasks, type SamMask } from './masks.js';

/** Tokens of a mask, by rows and columns. */
const GRID = [4, 4] as const;

/**
 * Decodes the masks of objects, leaves out those without contrast, and averages those that are the same object.
 * (`decode_sam_instances` officially.)
 *
 * @param tokenizer of masks, such as `EPFL-VILAB/4M_tokenizers_sam-instance_1k_64`
 * @param instances in the order in which they are to be drawn
 */
export async function samMasks(tokenizer: VqVae, instances: readonly SamInstance[]): Promise<SamMask[]> {
  if (instances.length === 0) return [];
  const ids = Int32Array.from(instances.flatMap(({ tokens }) => Array.from(tokens)));
  const scores = await detokenize(tokenizer, ids, [...GRID]);
  const perMask = scores.length / instances.length;
  const masks = instances.map((_, i) => {
    return scores.subarray(i * perMask, (i + 1) * perMask).map((score) => 1 / (1 + Math.exp(-score)));
  });
  return mergedMasks(instances, masks);
}
