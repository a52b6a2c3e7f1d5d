import type * as tf from '@tensorflow/tfjs-core';
import type { ParameterList } from '../../nn/parameters.js';
import type { Grid } from '../vq/vit.js';
import type { Condition } from './condition.js';
import type { DenoiserPreset } from './presets.js';
import { buildUnet, type Unet, unet } from './unet.js';
import { buildUvit, type Uvit, uvit } from './uvit.js';

/** A network that predicts the clean image, the noise or the velocity from a noisy image and a condition. */
export type Denoiser = { readonly kind: 'unet'; readonly net: Unet } | { readonly kind: 'uvit'; readonly net: Uvit };

/** Configuration of a denoiser. */
export interface DenoiserConfig {
  readonly channels: number;
  /** Width of the codes, d. */
  readonly conditionWidth: number;
  /** How a U-ViT combines the condition with the image. */
  readonly conditioning: 'concat' | 'xattn';
}

/** Builds the network of a preset; its parameters hold no values yet. */
export function buildDenoiser(list: ParameterList, preset: DenoiserPreset, c: DenoiserConfig): Denoiser {
  return preset.kind === 'unet'
    ? { kind: 'unet', net: buildUnet(list, { ...preset, ...c }) }
    : { kind: 'uvit', net: buildUvit(list, { ...preset, ...c }) };
}

/** Inputs of a denoiser besides the image. */
export interface Denoising {
  /** Diffusion timesteps, [B]. */
  readonly steps: ArrayLike<number>;
  readonly condition: Condition;
  /** Height and width of the image that each sample was cropped from, [B, 2]; for U-ViTs that are conditioned on it. */
  readonly original?: ArrayLike<number>;
}

/**
 * @param patches  the noisy image, [B, h·w, C·p·p], each patch by (channel, row, column)
 * @param grid     h and w
 * @returns        the prediction, [B, h·w, C·p·p]
 */
export function denoise(
  { kind, net }: Denoiser,
  patches: tf.Tensor3D,
  grid: Grid,
  { steps, condition, original }: Denoising,
): tf.Tensor3D {
  return kind === 'unet'
    ? unet(net, patches, grid, steps, condition)
    : uvit(net, patches, grid, steps, condition, original);
}
