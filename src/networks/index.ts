/** Frozen networks of a package: features of images, vectors of texts. */
export type { ImageNetworkConfig, TextEncoderConfig } from './config.js';
export {
  buildImageNetwork,
  type ImageFeatures,
  type ImageNetwork,
  imageFeatures,
  imagePatches,
} from './image-network.js';
export { buildTextEncoder, encodeTokens, type TextEncoder } from './text-encoder.js';
