import * as tf from '@tensorflow/tfjs-core';
import type { ModalityInfo } from '../modalities/modality.js';
import { patchGrid } from './batch.js';

/**
 * Cuts the chosen patches out of images.
 *
 * @param pixels  [B, C, H, W]
 * @param places  which patches, as `b * h * w + patch`
 * @returns       a row for each patch: its pixels row by row, the channels of each together, [R, patch · C]
 */
export function gatherPatches(info: ModalityInfo, pixels: Float32Array, places: Int32Array): tf.Tensor2D {
  const [height, width] = info.inputSize!;
  const [rows, columns] = info.patchSize!;
  const [h, w] = patchGrid(info);
  const channels = info.channels!;
  const values = new Float32Array(places.length * rows * columns * channels);
  let at = 0;
  for (const place of places) {
    const image = Math.floor(place / (h * w)) * channels;
    const patch = place % (h * w);
    const top = Math.floor(patch / w) * rows;
    const left = (patch % w) * columns;
    for (let y = top; y < top + rows; y++)
      for (let x = left; x < left + columns; x++)
        for (let c = 0; c < channels; c++) values[at++] = pixels[((image + c) * height + y) * width + x]!;
  }
  return tf.tensor2d(values, [places.length, rows * columns * channels]);
}
