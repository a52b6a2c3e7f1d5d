import * as tf from '@tensorflow/tfjs-core';
import type { ModalityInfo } from '../modalities/modality.js';
import { patchGrid } from './batch.js';

/**
 * Gathers patches of images.
 *
 * @param pixels  [B, C, H, W]
 * @param indices of the patches: `b * h * w + patch`
 * @returns       a row for each patch: pixels in row-major order, channels last, [R, patch · C]
 */
export function gatherPatches(info: ModalityInfo, pixels: Float32Array, indices: Int32Array): tf.Tensor2D {
  const [height, width] = info.inputSize!;
  const [rows, columns] = info.patchSize!;
  const [h, w] = patchGrid(info);
  const channels = info.channels!;
  const values = new Float32Array(indices.length * rows * columns * channels);
  let at = 0;
  for (const index of indices) {
    const image = Math.floor(index / (h * w)) * channels;
    const patch = index % (h * w);
    const top = Math.floor(patch / w) * rows;
    const left = (patch % w) * columns;
    for (let y = top; y < top + rows; y++)
      for (let x = left; x < left + columns; x++)
        for (let c = 0; c < channels; c++) values[at++] = pixels[((image + c) * height + y) * width + x]!;
  }
  return tf.tensor2d(values, [indices.length, rows * columns * channels]);
}
