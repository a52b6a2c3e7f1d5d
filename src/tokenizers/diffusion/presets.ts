import type { UnetPreset } from './unet.js';
import type { UvitPreset } from './uvit.js';

/** Architecture of a diffusion decoder. */
export type DenoiserPreset = UnetPreset | UvitPreset;

const UVIT = {
  kind: 'uvit',
  patch: 4,
  widths: [128, 256],
  stages: 2,
  mlpRatio: 4,
  positions: 32,
  longSkip: false,
  groups: 32,
  originalSize: false,
} as const;

const BASE = { ...UVIT, layers: 12, heads: 12, width: 768 };
const LARGE = { ...UVIT, layers: 24, heads: 16, width: 1024 };
const HUGE = { ...UVIT, layers: 32, heads: 16, width: 1280 };

/** Transformer at 1/8 or 1/16 of the image's resolution, by a strided convolution or by one more level. */
const F16 = { downsampleBeforeMiddle: true };
const F8 = { downsampleBeforeMiddle: false };
const F16_EXTRA_LEVEL = { downsampleBeforeMiddle: false, widths: [128, 256, 512] };

/** The decoders of published configs, by name, and this project's small one for the toybox. */
export const DENOISER_PRESETS: Record<string, DenoiserPreset> = {
  unet_patched: { kind: 'unet', patch: 4, widths: [256, 512, 512, 512], stages: 3, attends: [2, 3], timeWidth: 256 },
  unet_toy: { kind: 'unet', patch: 4, widths: [64, 96], stages: 1, attends: [1], timeWidth: 64 },
  uvit_b_p4_f16: { ...BASE, ...F16 },
  uvit_l_p4_f16: { ...LARGE, ...F16 },
  uvit_h_p4_f16: { ...HUGE, ...F16 },
  uvit_b_p4_f16_longskip: { ...BASE, ...F16, layers: 13, longSkip: true },
  uvit_l_p4_f16_longskip: { ...LARGE, ...F16, layers: 25, longSkip: true },
  uvit_b_p4_f8: { ...BASE, ...F8 },
  uvit_l_p4_f8: { ...LARGE, ...F8 },
  uvit_b_p4_f16_extraconv: { ...BASE, ...F16_EXTRA_LEVEL },
  uvit_l_p4_f16_extraconv: { ...LARGE, ...F16_EXTRA_LEVEL },
};
