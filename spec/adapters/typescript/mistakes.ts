/** Plausible mistakes of a port, each as an edit of one module of ours, to see that the kit catches it. */
import { DATA_MISTAKES } from './mistakes/data.js';
import { DECODING_MISTAKES } from './mistakes/decoding.js';
import { DIFFUSION_MISTAKES } from './mistakes/diffusion.js';
import { MASKING_MISTAKES } from './mistakes/masking.js';
import type { Mistake } from './mistakes/mistake.js';
import { TOKENIZERS_MISTAKES } from './mistakes/tokenizers.js';
import { TRANSFORMER_MISTAKES } from './mistakes/transformer.js';

export const MISTAKES: Readonly<Record<string, Mistake>> = {
  ...TRANSFORMER_MISTAKES,
  ...DECODING_MISTAKES,
  ...TOKENIZERS_MISTAKES,
  ...DIFFUSION_MISTAKES,
  ...DATA_MISTAKES,
  ...MASKING_MISTAKES,
};
