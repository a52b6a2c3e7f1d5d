/** Memory of frozen networks besides their weights. */
import * as tf from '@tensorflow/tfjs-core';
import { type ImageNetwork, imageFeatures } from '../networks/image-network.js';
import { encodeTokens, type TextEncoder } from '../networks/text-encoder.js';
import { type DeviceModel, type WorkingMemory, workingMemory } from './dry-run.js';

/** Memory of the features of one image. */
export function imageNetworkMemory(network: ImageNetwork, on: DeviceModel): WorkingMemory {
  const { image_size, patch_size, n_channels } = network.config;
  const side = image_size / patch_size;
  return workingMemory(on, () => {
    imageFeatures(network, tf.fill([1, side * side, n_channels * patch_size ** 2], 0), [side, side]);
  });
}

/** Memory of the vectors of a text of so many tokens. */
export function textEncoderMemory(encoder: TextEncoder, on: DeviceModel, length: number): WorkingMemory {
  return workingMemory(on, () => {
    encodeTokens(encoder, [new Int32Array(length)]);
  });
}
