import { InvalidInputError } from '../../errors.js';
import type { Raster } from '../raster.js';
import type { Border } from './border.js';
import { filterSeparably } from './separable-filter.js';

/**
 * Samples of a Gaussian that add up to 1.
 *
 * @param size      how many; the middle of them is the mean
 * @param deviation standard deviation in samples, above 0
 */
export function gaussianKernel(size: number, deviation: number): Float64Array {
  const middle = (size - 1) / 2;
  const weights = Float64Array.from({ length: size }, (_, i) => Math.exp(-0.5 * ((i - middle) / deviation) ** 2));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * Gaussian blur of a raster of floats, channel by channel (`cv2.GaussianBlur`).
 *
 * @param size      width and height of the kernel, odd
 * @param deviation standard deviation in pixels; 0 chooses 0.3 · ((size − 1) / 2 − 1) + 0.8, as OpenCV does
 * @throws InvalidInputError for an even size or a negative deviation
 */
export function gaussianBlur(
  raster: Raster<Float32Array>,
  size: number,
  deviation = 0,
  border: Border = 'reflect-101',
): Raster<Float32Array> {
  if (!(size % 2 === 1 && size >= 1))
    throw new InvalidInputError(`a kernel size must be odd and positive, not ${size}`);
  if (!(deviation >= 0)) throw new InvalidInputError(`a standard deviation must be at least 0, not ${deviation}`);
  const weights = gaussianKernel(size, deviation || 0.3 * ((size - 1) / 2 - 1) + 0.8);
  return { ...raster, data: Float32Array.from(filterSeparably(raster, weights, weights, border)) };
}
