/** The image network of the toybox's stand-ins. */
import { buildImageNetwork, type ImageNetwork } from '../../networks/image-network.js';
import type { ParameterList } from '../../nn/parameters.js';

export type { ImageNetwork };

/** Pixels a side of a patch: a feature map has one cell for each. */
export const FEATURE_PATCH = 8;
/** Channels of feature maps, and length of global embeddings. */
export const FEATURE_WIDTH = 64;
/** The images that the networks were made for, pixels a side. */
export const FEATURE_IMAGE_SIZE = 64;

/** The sizes of a stand-in. @param channels of the input: 3 for colours, 1 for depth */
export function buildToyboxImageNetwork(list: ParameterList, channels: number): ImageNetwork {
  return buildImageNetwork(list, {
    network: 'image',
    image_size: FEATURE_IMAGE_SIZE,
    patch_size: FEATURE_PATCH,
    n_channels: channels,
    dim: 96,
    depth: 4,
    num_heads: 3,
    out_dim: FEATURE_WIDTH,
  });
}
