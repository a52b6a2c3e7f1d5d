import { channelsOf } from '../../modalities/images.js';
import type { DiffusionConfig } from '../../tokenizers/diffusion/config.js';
import type { VqVaeConfig } from '../../tokenizers/vq/config.js';
import {
  TOYBOX_CODEBOOK,
  TOYBOX_IMAGES,
  TOYBOX_PATCH,
  TOYBOX_SIZE,
  type ToyboxImage,
} from '../../toybox/modalities.js';

/** Channels that a class is embedded into. */
const CLASS_CHANNELS = 8;

/**
 * Colours are decoded by diffusion, which adds the detail that 64 tokens do not carry; a mean would blur it. Predicting the
 * clean image suits a small network and few steps.
 */
const DIFFUSION = {
  dec_type: 'unet_toy',
  codebook_size: 1024,
  prediction_type: 'sample',
  beta_schedule: 'squaredcos_cap_v2',
  zero_terminal_snr: true,
  thresholding: false,
  clip_sample: true,
  scheduler: 'ddim',
} as const;

/** Configuration of a toybox tokenizer, with the published keys. */
export function toyboxTokenizerConfig(modality: ToyboxImage): Partial<VqVaeConfig & DiffusionConfig> {
  const values = TOYBOX_IMAGES[modality];
  return {
    image_size: TOYBOX_SIZE,
    patch_size: TOYBOX_PATCH,
    ...(values.kind === 'classes'
      ? { n_channels: CLASS_CHANNELS, n_labels: values.names.length }
      : { n_channels: channelsOf(values) }),
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
    ...(modality === 'rgb' && DIFFUSION),
  };
}
