import type { Raster, RasterData } from './raster.js';

/** Weights of the old pixels of a row, from `first` on, in a new pixel. */
export interface Mix {
  readonly first: number;
  readonly weights: ArrayLike<number>;
}

/**
 * Computes pixels as weighted means of another raster's, along x and then along y. After each pass, integer storage is rounded;
 * floats are not.
 *
 * @param columns one mix for each new column; without them, the columns stay
 * @param rows    one mix for each new row; without them, the rows stay
 */
export function resample<T extends RasterData>(
  raster: Raster<T>,
  columns: readonly Mix[] | undefined,
  rows: readonly Mix[] | undefined,
): Raster<T> {
  const wide = columns ? alongX(raster, columns) : raster;
  return rows ? transposed(alongX(transposed(wide), rows)) : wide;
}

/**
 * A mix whose weights may lie outside of a row of `size` pixels; there, its first and last pixel are repeated.
 *
 * @param first the pixel of the first weight, any whole number
 */
export function clampedMix(first: number, weights: ArrayLike<number>, size: number): Mix {
  const clamp = (index: number) => Math.min(Math.max(index, 0), size - 1);
  const start = clamp(first);
  const inside = new Float64Array(clamp(first + weights.length - 1) - start + 1);
  for (let k = 0; k < weights.length; k++) inside[clamp(first + k) - start]! += weights[k]!;
  return { first: start, weights: inside };
}

function alongX<T extends RasterData>(raster: Raster<T>, columns: readonly Mix[]): Raster<T> {
  const { height, channels, data } = raster;
  const width = columns.length;
  const store = rounding(data);
  const result = emptyLike(data, width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const { first, weights } = columns[x]!;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        let at = (y * raster.width + first) * channels + c;
        for (let k = 0; k < weights.length; k++, at += channels) sum += weights[k]! * data[at]!;
        result[(y * width + x) * channels + c] = store(sum);
      }
    }
  }
  return { width, height, channels, data: result };
}

/** To the nearest value that the storage holds; halves go up, as in Pillow. */
function rounding(data: RasterData): (value: number) => number {
  if (data instanceof Float32Array) return (value) => value;
  const [low, high] =
    data instanceof Uint8Array ? [0, 0xff] : data instanceof Uint16Array ? [0, 0xffff] : [-(2 ** 31), 2 ** 31 - 1];
  return (value) => Math.min(high, Math.max(low, Math.floor(value + 0.5)));
}

/** Rows become columns. */
function transposed<T extends RasterData>({ width, height, channels, data }: Raster<T>): Raster<T> {
  const result = emptyLike(data, data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++)
        result[(x * height + y) * channels + c] = data[(y * width + x) * channels + c]!;
    }
  }
  return { width: height, height: width, channels, data: result };
}

/** Storage of the same kind. */
export function emptyLike<T extends RasterData>(data: T, length: number): T {
  return new (data.constructor as new (length: number) => T)(length);
}
