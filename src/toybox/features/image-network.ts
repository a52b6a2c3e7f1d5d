import * as tf from '@tensorflow/tfjs-core';
import { buildLayerNorm, type LayerNorm, layerNorm } from '../../nn/layer-norm.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import type { ParameterList } from '../../nn/parameters.js';
import { toPatches } from '../../nn/patches.js';
import { buildVitEncoder, encodePatches, type Grid, type VitEncoder } from '../../tokenizers/vq/vit.js';

/** Pixels a side of a patch: a feature map has one cell for each. */
export const FEATURE_PATCH = 8;
/** Channels of feature maps, and length of global embeddings. */
export const FEATURE_WIDTH = 64;
/** The images that the networks were made for, pixels a side. */
export const FEATURE_IMAGE_SIZE = 64;

/**
 * A small ViT that gives an image a feature map and a global embedding. Trained in three ways, it stands in for the frozen
 * networks whose features 4M-21 tokenizes (4M-21, section 3.1): CLIP, DINOv2 and ImageBind.
 */
export interface ImageNetwork {
  readonly vit: VitEncoder;
  readonly norm: LayerNorm;
  readonly head: Linear;
}

/** Features of a batch of images. */
export type ImageFeatures = {
  /** Feature map, each cell with mean 0 and variance 1, [B, h·w, 64]. */
  readonly dense: tf.Tensor3D;
  /** Its mean, brought to length 1, [B, 64]. */
  readonly global: tf.Tensor2D;
};

/** @param channels of the input: 3 for colours, 1 for depth */
export function buildImageNetwork(list: ParameterList, channels: number): ImageNetwork {
  const width = 96;
  const side = FEATURE_IMAGE_SIZE / FEATURE_PATCH;
  return {
    vit: buildVitEncoder(list.scope('vit'), {
      width,
      depth: 4,
      heads: 3,
      channels,
      patch: FEATURE_PATCH,
      grid: [side, side],
      postMlp: false,
    }),
    norm: buildLayerNorm(list.scope('norm'), width),
    head: buildLinear(list.scope('head'), width, FEATURE_WIDTH),
  };
}

/**
 * @param patches [B, h·w, C·8·8], as {@link imagePatches} cuts them
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
 * Images on the device, cut into patches.
 *
 * @param values [B, size, size, C], in -1…1
 */
export function imagePatches(
  values: Float32Array,
  channels: number,
  size: number,
): { patches: tf.Tensor3D; grid: Grid } {
  const side = size / FEATURE_PATCH;
  const batch = values.length / (size * size * channels);
  const cut = toPatches(values, {
    channels,
    grid: [side, side],
    patch: [FEATURE_PATCH, FEATURE_PATCH],
    order: 'channel-first',
  });
  return {
    patches: tf.tensor3d(cut, [batch, side * side, channels * FEATURE_PATCH ** 2]),
    grid: [side, side],
  };
}

/** Every row brought to length 1. */
export function unitRows(x: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-8)));
}
