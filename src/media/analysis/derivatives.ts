/** Derivatives of pictures as `cv2.Sobel`, `cv2.Scharr` and `cv2.Laplacian` give them. */
import { InvalidInputError } from '../../errors.js';
import type { Raster } from '../raster.js';
import type { Border } from './border.js';
import { filterSeparably } from './separable-filter.js';

/** Size of a Sobel kernel, or `scharr`: the 3 × 3 kernel that is closer to rotation invariance (−1 in OpenCV). */
export type Aperture = number | 'scharr';

/** With larger kernels, sums of 8-bit pictures would not fit 32 bits. */
const LARGEST_APERTURE = 11;

/**
 * A derivative of an 8-bit picture, channel by channel (`cv2.Sobel`). Kernels are not normalised.
 *
 * @param dx       order of the derivative along x; `dx + dy` is at least 1
 * @param dy       order of the derivative along y
 * @param aperture odd size from 1 to 11. With 1 there is no smoothing across the derivative. Orders are below the size,
 *                 and below 3 for size 1. `scharr` has first derivatives along one axis only
 * @returns        exact integers
 * @throws InvalidInputError for an aperture or orders that there is no kernel for
 */
export function sobel(
  picture: Raster<Uint8Array>,
  dx: number,
  dy: number,
  aperture: Aperture = 3,
  border: Border = 'reflect-101',
): Raster<Int32Array> {
  checkOrders(dx, dy, aperture);
  const values = filterSeparably(picture, kernel(aperture, dx), kernel(aperture, dy), border);
  return { ...picture, data: Int32Array.from(values) };
}

/**
 * The sum of the second derivatives along x and y of an 8-bit picture, channel by channel (`cv2.Laplacian`).
 *
 * @param aperture odd size from 1 to 11. 1 weights the four direct neighbours, 3 the four diagonal ones; larger sizes add
 *                 two Sobel derivatives
 * @returns        exact integers
 * @throws InvalidInputError for another aperture
 */
export function laplacian(
  picture: Raster<Uint8Array>,
  aperture = 1,
  border: Border = 'reflect-101',
): Raster<Int32Array> {
  checkOrders(2, 0, Math.max(aperture, 3));
  checkOrders(1, 0, aperture);
  const sum = (across: number[], down: number[], other: Float64Array, weight = 1) =>
    filterSeparably(picture, across, down, border).map((value, i) => weight * value + other[i]!);
  if (aperture === 3) {
    // [2 0 2; 0 −8 0; 2 0 2] = 2 [1 0 1]ᵀ[1 0 1] − 8: a product and the pixel itself.
    const own = Float64Array.from(picture.data, (value) => -8 * value);
    return { ...picture, data: Int32Array.from(sum([1, 0, 1], [1, 0, 1], own, 2)) };
  }
  const smooth = aperture === 1 ? [1] : kernel(aperture, 0);
  const second = kernel(aperture, 2);
  return { ...picture, data: Int32Array.from(sum(smooth, second, filterSeparably(picture, second, smooth, border))) };
}

/** A derivative kernel along one axis (`cv2.getDerivKernels`): binomial smoothing, differentiated `order` times. */
function kernel(aperture: Aperture, order: number): number[] {
  if (aperture === 'scharr') return order === 0 ? [3, 10, 3] : [-1, 0, 1];
  const size = aperture === 1 && order > 0 ? 3 : aperture;
  let weights = [1];
  const convolve = (a: number, b: number) => {
    weights = [...weights, 0].map((weight, i) => a * weight + b * (weights[i - 1] ?? 0));
  };
  for (let i = 0; i < size - order - 1; i++) convolve(1, 1);
  for (let i = 0; i < order; i++) convolve(-1, 1);
  return weights;
}

function checkOrders(dx: number, dy: number, aperture: Aperture): void {
  const orders = `derivative orders ${dx} and ${dy}`;
  if (aperture === 'scharr') {
    if (dx >= 0 && dy >= 0 && dx + dy === 1) return;
    throw new InvalidInputError(`Scharr kernels exist for first derivatives along one axis, not for ${orders}`);
  }
  if (!(aperture % 2 === 1 && aperture >= 1 && aperture <= LARGEST_APERTURE)) {
    throw new InvalidInputError(`a kernel size must be odd, from 1 to ${LARGEST_APERTURE}, not ${aperture}`);
  }
  const isOrder = (order: number) => Number.isInteger(order) && order >= 0 && order < Math.max(aperture, 3);
  if (isOrder(dx) && isOrder(dy) && dx + dy > 0) return;
  throw new InvalidInputError(`a Sobel kernel of size ${aperture} does not exist for ${orders}`);
}
