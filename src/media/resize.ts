import { InvalidInputError } from '../errors.js';
import type { Raster, RasterData } from './raster.js';
import { emptyLike, type Mix, resample } from './resample.js';

/** Interpolation filters, as Pillow names and computes them. */
export type ResizeFilter = 'nearest' | 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos';

/** The part of a raster that is resized, in pixels; its sides need not be whole numbers. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * Resizes a raster. As in Pillow, all filters but `nearest` are antialiased: they widen as the picture shrinks. For
 * 8-bit data the result is Pillow's, bit for bit: fixed-point weights, rounding after each of the two passes. Other
 * integers are computed in floating point and rounded; floats are not rounded. Class ids need `nearest`.
 *
 * @param region the part that is resized; without it, all of the raster
 * @throws InvalidInputError if the new size is not positive, or the region is empty or not inside
 */
export function resize<T extends RasterData>(
  raster: Raster<T>,
  width: number,
  height: number,
  filter: ResizeFilter,
  region: Region = { left: 0, top: 0, right: raster.width, bottom: raster.height },
): Raster<T> {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1)) {
    throw new InvalidInputError(`cannot resize to ${width} × ${height}: sizes are whole numbers from 1`);
  }
  const { left, top, right, bottom } = region;
  if (!(left >= 0 && top >= 0 && left < right && top < bottom && right <= raster.width && bottom <= raster.height)) {
    const size = `${raster.width} × ${raster.height}`;
    throw new InvalidInputError(`cannot resize the part from (${left}, ${top}) to (${right}, ${bottom}) of ${size}`);
  }
  const across = spanOf(raster.width, left, right);
  const down = spanOf(raster.height, top, bottom);
  if (filter === 'nearest') return pickNearest(raster, nearestSources(across, width), nearestSources(down, height));
  const mix = (span: Span, length: number) =>
    length === span.size && span.length === span.size
      ? undefined
      : mixes(span, length, KERNELS[filter], raster.data instanceof Uint8Array);
  return resample(raster, mix(across, width), mix(down, height));
}

/** The centre of a raster, rounded to the left and top. @throws InvalidInputError if too small */
export function centreCrop<T extends RasterData>(raster: Raster<T>, width: number, height: number): Raster<T> {
  return crop(raster, Math.floor((raster.width - width) / 2), Math.floor((raster.height - height) / 2), width, height);
}

/** The largest centred square of a raster. */
export function cropToSquare<T extends RasterData>(raster: Raster<T>): Raster<T> {
  const side = Math.min(raster.width, raster.height);
  return centreCrop(raster, side, side);
}

/** Pads a raster with zeros to a square with its longer side; the raster is centred, rounded to the left and top. */
export function padToSquare<T extends RasterData>({ width, height, channels, data }: Raster<T>): Raster<T> {
  const side = Math.max(width, height);
  const [left, top] = [Math.floor((side - width) / 2), Math.floor((side - height) / 2)];
  const padded = emptyLike(data, side * side * channels);
  for (let row = 0; row < height; row++) {
    const values = data.subarray(row * width * channels, (row + 1) * width * channels);
    padded.set(values, ((top + row) * side + left) * channels);
  }
  return { width: side, height: side, channels, data: padded };
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

/** The part of a side of `size` pixels that is resized. */
interface Span {
  readonly size: number;
  readonly from: number;
  readonly length: number;
}

/** Pillow stores the sides of a box in single precision. */
function spanOf(size: number, from: number, to: number): Span {
  const start = Math.fround(from);
  return { size, from: start, length: Math.fround(Math.fround(to) - start) };
}

/** A raster made of given columns and rows of another one. */
export function pickNearest<T extends RasterData>(
  raster: Raster<T>,
  columns: ArrayLike<number>,
  rows: ArrayLike<number>,
): Raster<T> {
  const { channels, data } = raster;
  const [width, height] = [columns.length, rows.length];
  const picked = emptyLike(data, width * height * channels);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (rows[y]! * raster.width + columns[x]!) * channels;
      for (let c = 0; c < channels; c++) picked[to++] = data[from + c]!;
    }
  }
  return { width, height, channels, data: picked };
}

/** The old pixel under the centre of each new one. Centres are added up as Pillow does, which decides between neighbours. */
function nearestSources({ size, from, length: covered }: Span, length: number): Int32Array {
  const scale = covered / length;
  let centre = from + scale * 0.5;
  return Int32Array.from({ length }, () => {
    const source = Math.min(size - 1, Math.floor(centre));
    centre += scale;
    return source;
  });
}

interface Kernel {
  /** Half the width, in pixels of the larger of the two pictures. */
  readonly support: number;
  readonly weight: (x: number) => number;
}

/** sin(πx) / (πx). */
export const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const KERNELS: Readonly<Record<Exclude<ResizeFilter, 'nearest'>, Kernel>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { support: 1, weight: (x) => (Math.abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))) },
  bicubic: { support: 2, weight: (x) => cubic(Math.abs(x), -0.5) },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Keys' cubic convolution. @param x at least 0 */
export function cubic(x: number, a: number): number {
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/** Pillow's precision for 8-bit pictures. */
const FIXED_POINT = 2 ** 22;

function mixes(
  { size, from, length: covered }: Span,
  length: number,
  { support, weight }: Kernel,
  is8Bit: boolean,
): Mix[] {
  const scale = covered / length;
  const stretch = Math.max(scale, 1);
  return Array.from({ length }, (_, i) => {
    const centre = from + (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support * stretch + 0.5));
    const end = Math.min(size, Math.trunc(centre + support * stretch + 0.5));
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
