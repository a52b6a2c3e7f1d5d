import type * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '../../errors.js';
import type { ParameterList } from '../../nn/parameters.js';
import { type BottleneckMlp, bottleneckMlp, buildBottleneckMlp } from './bottleneck-mlp.js';
import { mlpPreset, type VitPreset, type VqVaeConfig, vitPreset } from './config.js';
import {
  buildVitDecoder,
  buildVitEncoder,
  decodePatches,
  encodePatches,
  type Grid,
  type VitDecoder,
  type VitEncoder,
} from './vit.js';

/** Network from patches to latents. */
export type Encoder = VitEncoder | BottleneckMlp;

/** Network from codes to patches. */
export type Decoder = VitDecoder | BottleneckMlp;

/** A network, and its width at the quantizer's projections. */
export interface Built<Network> {
  readonly network: Network;
  readonly width: number;
}

/** Side of the encoder's patches; 1 for a bottleneck MLP. */
export function encoderPatch(c: VqVaeConfig): number {
  return c.patch_proj && !mlpPreset(c.enc_type) ? c.patch_size : 1;
}

/** Side of the decoder's patches. */
export function decoderPatch(c: VqVaeConfig): number {
  return c.patch_proj && !mlpPreset(c.dec_type) ? (c.patch_size_dec ?? c.patch_size) : 1;
}

/** @throws InvalidInputError for an architecture that is unknown, or an image smaller than a patch */
export function buildEncoder(list: ParameterList, c: VqVaeConfig, presets?: Record<string, VitPreset>): Built<Encoder> {
  const mlp = mlpPreset(c.enc_type);
  if (mlp) return { network: buildBottleneckMlp(list, mlp, c.n_channels, mlp.width), width: mlp.width };
  const vit = vitPreset(c.enc_type, presets);
  const network = buildVitEncoder(list, {
    ...vit,
    channels: c.n_channels,
    patch: encoderPatch(c),
    grid: tableGrid(c.image_size_enc ?? c.image_size, c.patch_size),
    postMlp: c.post_mlp,
  });
  return { network, width: vit.width };
}

/** @throws InvalidInputError for an architecture that is unknown, or an image smaller than a patch */
export function buildDecoder(list: ParameterList, c: VqVaeConfig, presets?: Record<string, VitPreset>): Built<Decoder> {
  const channels = c.n_labels ?? c.n_channels;
  const mlp = mlpPreset(c.dec_type);
  if (mlp) return { network: buildBottleneckMlp(list, mlp, mlp.width, channels), width: mlp.width };
  const vit = vitPreset(c.dec_type, presets);
  const network = buildVitDecoder(list, {
    ...vit,
    channels,
    patch: decoderPatch(c),
    grid: tableGrid(c.image_size_dec ?? c.image_size, c.patch_size_dec ?? c.patch_size),
    postMlp: c.post_mlp,
    outConv: c.out_conv,
  });
  return { network, width: vit.width };
}

/**
 * @param patches  [B, h·w, C·patch·patch]
 * @returns        [B, h·w, D]
 */
export function runEncoder(p: Encoder, patches: tf.Tensor3D, grid: Grid): tf.Tensor3D {
  return p.kind === 'mlp' ? bottleneckMlp(p, patches) : encodePatches(p, patches, grid);
}

/**
 * @param x  [B, h·w, D]
 * @returns  [B, h·w, C·patch·patch]
 */
export function runDecoder(p: Decoder, x: tf.Tensor3D, grid: Grid): tf.Tensor3D {
  return p.kind === 'mlp' ? bottleneckMlp(p, x) : decodePatches(p, x, grid);
}

/** Grid of the position table of a ViT for images of this size. */
function tableGrid(size: number | readonly [number, number], patch: number): Grid {
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  if (height < patch || width < patch) {
    throw new InvalidInputError(`tokenizer config: an image of ${width}×${height} has no patch of ${patch}×${patch}`);
  }
  return [Math.floor(height / patch), Math.floor(width / patch)];
}
