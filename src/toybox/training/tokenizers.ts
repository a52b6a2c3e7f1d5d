import type { DiffusionConfig } from '../../tokenizers/diffusion/config.js';
import type { VqVaeConfig } from '../../tokenizers/vq/config.js';
import { FEATURE_WIDTH } from '../features/image-network.js';
import {
  TOYBOX_CODEBOOK,
  TOYBOX_EMBEDDING_TOKENS,
  TOYBOX_IMAGES,
  TOYBOX_MASK_TOKENS,
  TOYBOX_PATCH,
  TOYBOX_POSE_TOKENS,
  TOYBOX_RGB_CODEBOOK,
  TOYBOX_SIZE,
  type ToyboxModality,
} from '../modalities.js';
import { FEATURE_NETWORKS, type FeatureNetwork, TOYBOX_TOKENIZERS, type ToyboxTokenizerName } from '../names.js';

/** The tokenizers that make the tokens of modalities. */
export function tokenizersOf(modalities: readonly ToyboxModality[]): ToyboxTokenizerName[] {
  const needed = modalities.map(tokenizerOf);
  return TOYBOX_TOKENIZERS.filter((name) => needed.includes(name));
}

/** The networks that compute the features and vectors of modalities. */
export function networksOf(modalities: readonly ToyboxModality[]): FeatureNetwork[] {
  const needed: (FeatureNetwork | undefined)[] = tokenizersOf(modalities).map(networkOf);
  if (modalities.some(({ tokenizer }) => tokenizer.kind === 'embeddings')) needed.push('t5');
  return FEATURE_NETWORKS.filter((name) => needed.includes(name));
}

/** The tokenizer of a modality's values, or of the values within its text; pixels, plain texts and vectors have none. */
export function tokenizerOf({ name, tokenizer }: ToyboxModality): ToyboxTokenizerName | undefined {
  if (name === 'canny_edge' || name === 'sam_edge') return 'edge';
  if (name === 'human_poses') return 'human_poses';
  if (name === 'sam_instance') return 'sam_mask';
  const hasNone = ['none', 'word-piece', 'embeddings'].includes(tokenizer.kind);
  return hasNone ? undefined : (name as ToyboxTokenizerName);
}

/** The stand-in network whose features a tokenizer reads. */
export function networkOf(name: ToyboxTokenizerName): 'clip' | 'dinov2' | 'imagebind' | undefined {
  return /^(clip|dinov2|imagebind)/.exec(name)?.[0] as ReturnType<typeof networkOf>;
}

/** Channels that a class is embedded into. */
const CLASS_CHANNELS = 8;

/** A ViT VQ-VAE of images, whose codes are compared by direction. */
const VIT = {
  image_size: TOYBOX_SIZE,
  patch_size: TOYBOX_PATCH,
  enc_type: 'vit_toy_enc',
  dec_type: 'vit_toy_dec',
  codebook_size: TOYBOX_CODEBOOK,
  latent_dim: 16,
  post_mlp: true,
  norm_codes: true,
  kmeans_init: true,
  threshold_ema_dead_code: 0.25,
  ema_decay: 0.99,
  commitment_weight: 1,
} as const;

/** Networks of two thirds of the width, for inputs simpler than colours. */
const SMALL = { enc_type: 'vit_toy_s_enc', dec_type: 'vit_toy_s_dec' } as const;

/**
 * The decoder of colours: diffusion adds the detail that 64 tokens do not carry, where a mean would blur it. Predicting the
 * clean image suits a small network and few steps.
 */
const DIFFUSION = {
  dec_type: 'unet_toy',
  prediction_type: 'sample',
  beta_schedule: 'squaredcos_cap_v2',
  zero_terminal_snr: true,
  thresholding: false,
  clip_sample: true,
  scheduler: 'ddim',
} as const;

/** A feature map, every cell a patch. */
const FEATURES = {
  ...VIT,
  ...SMALL,
  image_size: TOYBOX_SIZE / TOYBOX_PATCH,
  patch_size: 1,
  n_channels: FEATURE_WIDTH,
} as const;

/** A vector, as an image of one pixel. */
const VECTOR = {
  image_size: 1,
  patch_size: 1,
  enc_type: 'BottleneckMLP/B_2-Wi_128-Em_2',
  dec_type: 'BottleneckMLP/B_2-Wi_128-Em_2',
  quant_type: 'memcodes',
  latent_dim: 64,
} as const;

/**
 * How the tokenizer of colours is made once it has its diffusion decoder. Encoder and codebook are trained before, with a ViT
 * decoder: end to end with diffusion, as officially, the gradients are so noisy that few codes come into use.
 */
export function toyboxDiffusionConfig(): Partial<VqVaeConfig & DiffusionConfig> {
  return { ...toyboxTokenizerConfig('rgb'), ...DIFFUSION };
}

/** Configuration of a tokenizer of the toybox, with the published keys. */
export function toyboxTokenizerConfig(name: ToyboxTokenizerName): Partial<VqVaeConfig & DiffusionConfig> {
  switch (name) {
    case 'rgb':
      return { ...VIT, n_channels: 3, codebook_size: TOYBOX_RGB_CODEBOOK };
    case 'depth':
      return { ...VIT, n_channels: 1 };
    case 'normal':
      return { ...VIT, n_channels: 3 };
    case 'semseg': {
      const { semseg } = TOYBOX_IMAGES;
      const labels = semseg.kind === 'classes' ? semseg.names.length : 0;
      return { ...VIT, n_channels: CLASS_CHANNELS, n_labels: labels };
    }
    case 'edge':
      return { ...VIT, ...SMALL, n_channels: 1 };
    case 'clip':
    case 'dinov2':
    case 'imagebind':
      return FEATURES;
    case 'dinov2_global':
    case 'imagebind_global': {
      const { count, codebook } = TOYBOX_EMBEDDING_TOKENS;
      return { ...VECTOR, n_channels: FEATURE_WIDTH, num_codebooks: count, codebook_size: codebook };
    }
    case 'human_poses': {
      const { count, codebook, values } = TOYBOX_POSE_TOKENS;
      return { ...VECTOR, n_channels: values, num_codebooks: count, codebook_size: codebook };
    }
    case 'sam_mask': {
      const { size, patch, codebook } = TOYBOX_MASK_TOKENS;
      return { ...VIT, ...SMALL, image_size: size, patch_size: patch, n_channels: 1, codebook_size: codebook };
    }
  }
}
