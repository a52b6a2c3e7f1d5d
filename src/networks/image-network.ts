import * as tf from '@tensorflow/tfjs-core';
import { buildLayerNorm, type LayerNorm, layerNorm } from '../nn/layer-norm.js';
import { buildLinear, type Linear, linear } from '../nn/linear.js';
import type { ParameterList } from '../nn/parameters.js';
import { toPatches } from '../nn/patches.js';
import { buildVitEncoder, encodePatches, type Grid, type VitEncoder } from '../tokenizers/vq/vit.js';
import type { ImageNetworkConfig } from './config.js';

/**
 * A small ViT that gives an image a feature map and a global embedding. Its kind stands in for the frozen networks whose
 * features 4M-21 tokenizes (4M-21, section 3.1): CLIP, DINOv2 and ImageBind.
 */
export interface ImageNetwork {
  readonly config: ImageNetworkConfig;
  readonly vit: VitEncoder;
  readonly norm: LayerNorm;
  readonly head: Linear;
}

/** Features of a batch of images. */
export type ImageFeatures = {
  /** Feature map, each cell with mean 0 and variance 1, [B, h·w, C]. */
  readonly dense: tf.Tensor3D;
  /** Its mean, brought to length 1, [B, C]. */
  readonly global: tf.Tensor2D;
};

/** Builds an image network; its parameters hold no values yet. */
export function buildImageNetwork(list: ParameterList, config: ImageNetworkConfig): ImageNetwork {
  const { dim, depth, num_heads: heads, n_channels: channels, patch_size: patch, image_size, out_dim } = config;
  const side = image_size / patch;
  const vit = { width: dim, depth, heads, channels, patch, grid: [side, side], postMlp: false } as const;
  return {
    config,
    vit: buildVitEncoder(list.scope('vit'), vit),
    norm: buildLayerNorm(list.scope('norm'), dim),
    head: buildLinear(list.scope('head'), dim, out_dim),
  };
}

/**
 * Computes the features of images.
 *
 * @param patches [B, h·w, C·patch·patch], as {@link imagePatches} cuts them
 * @param grid    h and w
 */
export function imageFeatures(p: ImageNetwork, patches: tf.Tensor3D, grid: Grid): ImageFeatures {
  return tf.tidy(() => {
    const projected = linear(p.head, layerNorm(p.norm, encodePatches(p.vit, patches, grid)));
    const centred = tf.sub(projected, tf.mean(projected, -1, true));
    const variance = tf.mean(tf.square(centred), -1, true);
    const dense = tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-6))) as tf.Tensor3D;
    return { dense, global: unitRows(tf.mean(dense, 1) as tf.Tensor2D) };
  });
}

/**
 * Images on the device, cut into patches for a network.
 *
 * @param values [B, size, size, C], in -1…1
 */
export function imagePatches(
  { config: { n_channels: channels, patch_size: patch } }: Pick<ImageNetwork, 'config'>,
  values: Float32Array,
  size: number,
): { patches: tf.Tensor3D; grid: Grid } {
  const side = size / patch;
  const batch = values.length / (size * size * channels);
  const cut = toPatches(values, { channels, grid: [side, side], patch: [patch, patch], order: 'channel-first' });
  return { patches: tf.tensor3d(cut, [batch, side * side, channels * patch ** 2]), grid: [side, side] };
}

/** Every row brought to length 1. */
export function unitRows(x: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-8)));
}
