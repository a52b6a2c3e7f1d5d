import type { Raster } from '../raster.js';
import { type Border, borderIndex } from './border.js';

/**
 * Correlates every channel of a raster with a separable kernel, in double precision.
 *
 * @param across weights along x, an odd number of them; the middle one belongs to the pixel itself
 * @param down   weights along y, likewise
 * @returns      h · w · C values in the order of the raster's
 */
export function filterSeparably(
  {
    width,
    height,
    channels,
    data,
  }: Pick<Raster, 'width' | 'height' | 'channels'> & { readonly data: ArrayLike<number> },
  across: ArrayLike<number>,
  down: ArrayLike<number>,
  border: Border,
): Float64Array {
  const rows = new Float64Array(width * height * channels);
  const columnOf = offsets(width, across.length, border);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++, to++) {
        let sum = 0;
        for (let k = 0; k < across.length; k++) {
          sum += across[k]! * data[(y * width + columnOf[x * across.length + k]!) * channels + c]!;
        }
        rows[to] = sum;
      }
    }
  }
  const rowOf = offsets(height, down.length, border);
  const stride = width * channels;
  const result = new Float64Array(rows.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let i = 0; i < stride; i++, to++) {
      let sum = 0;
      for (let k = 0; k < down.length; k++) sum += down[k]! * rows[rowOf[y * down.length + k]! * stride + i]!;
      result[to] = sum;
    }
  }
  return result;
}

/** The position that each of `taps` weights reads, for each of `size` positions. [size · taps] */
function offsets(size: number, taps: number, border: Border): Int32Array {
  const reach = taps >> 1;
  return Int32Array.from({ length: size * taps }, (_, i) =>
    borderIndex(Math.floor(i / taps) + (i % taps) - reach, size, border),
  );
}
