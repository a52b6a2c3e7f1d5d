/** Tokenizers that decode by diffusion: networks on the device, noise schedules and samplers as plain arrays on the host. */
export type { Condition } from './condition.js';
export { type DiffusionConfig, denoiserPreset, limitOf, parseDiffusionConfig } from './config.js';
export { type DdimOptions, ddim } from './ddim.js';
export { type DdpmOptions, ddpm } from './ddpm.js';
export { buildDenoiser, type Denoiser, type DenoiserConfig, type Denoising, denoise } from './denoiser.js';
export {
  buildDiVae,
  type DiffusionOptions,
  type DiVae,
  type DiVaePresets,
  detokenizeByDiffusion,
  sampleImages,
  samplerOf,
} from './divae.js';
export type { Level, Levels, Stage } from './levels.js';
export { addNoise, noiseOfVelocity, predictionTarget, velocity } from './noising.js';
export type { PixelAttention } from './pixel-attention.js';
export { type PndmOptions, pndm } from './pndm.js';
export type { Limit, PredictionType } from './prediction.js';
export { DENOISER_PRESETS, type DenoiserPreset } from './presets.js';
export type { ResidualBlock } from './residual-block.js';
export type { DenoisingStep, NoiseSource, Sampler } from './sampler.js';
export { alphaBarAt, type NoiseSchedule, type NoiseScheduleOptions, noiseSchedule } from './schedule.js';
export type { TimeEmbedding } from './time-embedding.js';
export { denoisingTimesteps, type TimestepSpacing } from './timesteps.js';
export type { Unet, UnetPreset } from './unet.js';
export type { Uvit, UvitPreset } from './uvit.js';
export type { UvitBlock } from './uvit-block.js';
export type { UvitMiddle } from './uvit-middle.js';
