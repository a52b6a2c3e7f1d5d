/** Presets of the Hub, for pictures of a few pixels. */
import type { PublishedTokenizer } from '../../../src/tokenizers/published/index.js';
import { PUBLISHED_TOKENIZERS } from '../../../src/tokenizers/published/index.js';

const HUB = {
  rgb: PUBLISHED_TOKENIZERS['EPFL-VILAB/4M_tokenizers_rgb_16k_224-448'],
  depth: PUBLISHED_TOKENIZERS['EPFL-VILAB/4M_tokenizers_depth_8k_224-448'],
  normal: PUBLISHED_TOKENIZERS['EPFL-VILAB/4M_tokenizers_normal_8k_224-448'],
  edges: PUBLISHED_TOKENIZERS['EPFL-VILAB/4M_tokenizers_edge_8k_224-512'],
  classes: PUBLISHED_TOKENIZERS['EPFL-VILAB/4M_tokenizers_semseg_4k_224-448'],
  features: PUBLISHED_TOKENIZERS['EPFL-VILAB/4M_tokenizers_CLIP-B16_8k_224-448'],
  embedding: PUBLISHED_TOKENIZERS['EPFL-VILAB/4M_tokenizers_DINOv2-B14-global_8k_16_224'],
  mask: PUBLISHED_TOKENIZERS['EPFL-VILAB/4M_tokenizers_sam-instance_1k_64'],
  pose: PUBLISHED_TOKENIZERS['EPFL-VILAB/4M_tokenizers_human-poses_1k_8'],
};

/** @param size pixels a side that the tokenizer takes, at least */
export function small<K extends keyof typeof HUB>(kind: K, size: number): (typeof HUB)[K] {
  return { ...HUB[kind], resolutions: { from: size, to: 4 * size, step: size } } as (typeof HUB)[K];
}

/** The same preset with other numbers of channels. */
export function withSize<P extends PublishedTokenizer>(preset: P, change: Partial<PublishedTokenizer>): P {
  return { ...preset, ...change };
}
