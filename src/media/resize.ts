import { InvalidInputError } from '../errors.js';
import type { Raster, RasterData } from './raster.js';

/** How a pixel is computed from its neighbours; the filters and their names are Pillow's. */
export type ResizeFilter = 'nearest' | 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos';

/**
 * A raster at another size. As in Pillow, all filters but `nearest` are antialiased: they widen as the picture shrinks. For
 * 8-bit data the result is Pillow's, bit for bit: fixed-point weights, rounding after each of the two passes. Other
 * integers are computed in floating point and rounded; floats are not rounded. Class ids need `nearest`.
 *
 * @throws InvalidInputError if the new size is not positive
 */
export function resize<T extends RasterData>(
  raster: Raster<T>,
  width: number,
  height: number,
  filter: ResizeFilter,
): Raster<T> {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1)) {
    throw new InvalidInputError(`cannot resize to ${width} × ${height}: sizes are whole numbers from 1`);
  }
  if (filter === 'nearest') return pickNearest(raster, width, height);
  const wide = width === raster.width ? raster : alongX(raster, width, filter);
  return height === raster.height ? wide : transposed(alongX(transposed(wide), height, filter));
}

/** The middle of a raster, a pixel further to the left and top if it cannot be exact. @throws InvalidInputError if too small */
export function centreCrop<T extends RasterData>(raster: Raster<T>, width: number, height: number): Raster<T> {
  return crop(raster, Math.floor((raster.width - width) / 2), Math.floor((raster.height - height) / 2), width, height);
}

/** The largest square in the middle. */
export function cropToSquare<T extends RasterData>(raster: Raster<T>): Raster<T> {
  const side = Math.min(raster.width, raster.height);
  return centreCrop(raster, side, side);
}

/** The part of a raster that begins at (x, y). @throws InvalidInputError if it is not inside */
export function crop<T extends RasterData>(
  { width: fullWidth, height: fullHeight, channels, data }: Raster<T>,
  x: number,
  y: number,
  width: number,
  height: number,
): Raster<T> {
  const whole = [x, y, width, height].every(Number.isInteger);
  if (!whole || x < 0 || y < 0 || width < 1 || height < 1 || x + width > fullWidth || y + height > fullHeight) {
    throw new InvalidInputError(`cannot crop ${width} × ${height} at (${x}, ${y}) from ${fullWidth} × ${fullHeight}`);
  }
  const part = emptyLike(data, width * height * channels);
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * fullWidth + x) * channels;
    part.set(data.subarray(start, start + width * channels), row * width * channels);
  }
  return { width, height, channels, data: part };
}

function pickNearest<T extends RasterData>(raster: Raster<T>, width: number, height: number): Raster<T> {
  const { channels, data } = raster;
  const columns = nearestSources(raster.width, width);
  const rows = nearestSources(raster.height, height);
  const picked = emptyLike(data, width * height * channels);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * raster.width + column) * channels;
      for (let c = 0; c < channels; c++) picked[to++] = data[from + c]!;
    }
  }
  return { width, height, channels, data: picked };
}

/** The old pixel under the centre of each new one. Centres are added up as Pillow does, which decides between neighbours. */
function nearestSources(from: number, to: number): Int32Array {
  const scale = from / to;
  let centre = scale * 0.5;
  return Int32Array.from({ length: to }, () => {
    const source = Math.min(from - 1, Math.floor(centre));
    centre += scale;
    return source;
  });
}

interface Kernel {
  /** Half the width, in pixels of the larger of the two pictures. */
  readonly support: number;
  readonly weight: (x: number) => number;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const KERNELS: Readonly<Record<Exclude<ResizeFilter, 'nearest'>, Kernel>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { support: 1, weight: (x) => (Math.abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))) },
  bicubic: { support: 2, weight: (x) => cubic(Math.abs(x), -0.5) },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Keys' cubic convolution. */
function cubic(x: number, a: number): number {
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/** Pillow's precision for 8-bit pictures. */
const FIXED_POINT = 2 ** 22;

/** What a new pixel is made of: `weights` for the old pixels from `first` on. */
interface Mix {
  readonly first: number;
  readonly weights: Float64Array;
}

function mixes(from: number, to: number, { support, weight }: Kernel, is8Bit: boolean): Mix[] {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support * stretch + 0.5));
    const end = Math.min(from, Math.trunc(centre + support * stretch + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_, k) => weight((k + first - centre + 0.5) / stretch));
    const total = weights.reduce((sum, w) => sum + w, 0);
    const normal = weights.map((w) => w / total);
    return { first, weights: is8Bit ? normal.map(fixedPoint) : normal };
  });
}

/** Rounded to 22 fractional bits, halves away from zero. */
function fixedPoint(weight: number): number {
  return Math.trunc(weight * FIXED_POINT + (weight < 0 ? -0.5 : 0.5)) / FIXED_POINT;
}

function alongX<T extends RasterData>(raster: Raster<T>, width: number, filter: keyof typeof KERNELS): Raster<T> {
  const { height, channels, data } = raster;
  const columns = mixes(raster.width, width, KERNELS[filter], data instanceof Uint8Array);
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

function emptyLike<T extends RasterData>(data: T, length: number): T {
  return new (data.constructor as new (length: number) => T)(length);
}
