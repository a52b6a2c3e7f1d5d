/** Resizing as OpenCV does it (`cv2.resize`). Unlike Pillow, only `area` averages when a raster shrinks. */
import { InvalidInputError } from '../errors.js';
import { roundHalfToEven } from '../numeric.js';
import type { Raster } from './raster.js';
import { clampedMix, type Mix, resample } from './resample.js';
import { cubic, pickNearest, sinc } from './resize.js';

/** OpenCV's interpolations: `INTER_NEAREST`, `INTER_LINEAR`, `INTER_AREA`, `INTER_CUBIC` (a = −0.75), `INTER_LANCZOS4`. */
export type OpenCvInterpolation = 'nearest' | 'bilinear' | 'area' | 'cubic' | 'lanczos4';

/** Parts of a pixel smaller than this do not count in `area`. */
const MIN_OVERLAP = 1e-3;

/**
 * Resizes a raster. 8-bit values may differ from OpenCV's by 1, save for `nearest`: OpenCV has fixed-point weights
 * that depend on the processor.
 *
 * @throws InvalidInputError if the new size is not positive
 */
export function resizeOpenCv<T extends Uint8Array | Float32Array>(
  raster: Raster<T>,
  width: number,
  height: number,
  interpolation: OpenCvInterpolation,
): Raster<T> {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1)) {
    throw new InvalidInputError(`cannot resize to ${width} × ${height}: sizes are whole numbers from 1`);
  }
  if (interpolation === 'nearest') {
    return pickNearest(raster, nearestSources(raster.width, width), nearestSources(raster.height, height));
  }
  const averages = interpolation === 'area' && width <= raster.width && height <= raster.height;
  const mixes = averages ? areaMixes : INTERPOLATIONS[interpolation];
  // Rounding is left to the end, so that both passes are computed in floating point.
  const floats = { ...raster, data: Float32Array.from(raster.data) };
  const { data } = resample(floats, mixes(raster.width, width), mixes(raster.height, height));
  return { width, height, channels: raster.channels, data: stored(data, raster.data) };
}

function stored<T extends Uint8Array | Float32Array>(values: Float32Array, like: T): T {
  if (like instanceof Float32Array) return values as T;
  return Uint8Array.from(values, (value) => Math.min(Math.max(roundHalfToEven(value), 0), 255)) as T;
}

/** Old pixels per new one, rounded as OpenCV's is. */
function scaleOf(from: number, to: number): number {
  return 1 / (to / from);
}

function nearestSources(from: number, to: number): Int32Array {
  const scale = scaleOf(from, to);
  return Int32Array.from({ length: to }, (_, i) => Math.min(Math.floor(i * scale), from - 1));
}

/** The mixes of each interpolation for a side of `from` pixels that becomes one of `to`. */
const INTERPOLATIONS: Readonly<Record<Exclude<OpenCvInterpolation, 'nearest'>, (from: number, to: number) => Mix[]>> = {
  bilinear: (from, to) => interpolate(from, to, (t) => [1 - t, t]),
  cubic: (from, to) =>
    interpolate(from, to, (t) => [cubic(t + 1, -0.75), cubic(t, -0.75), cubic(1 - t, -0.75), cubic(2 - t, -0.75)]),
  lanczos4: (from, to) =>
    interpolate(from, to, (t) => {
      const weights = Array.from({ length: 8 }, (_, k) => sinc(t + 3 - k) * sinc((t + 3 - k) / 4));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      return weights.map((weight) => weight / sum);
    }),
  area: enlargingAreaMixes,
};

/** Mixes of the pixels around the centre of each new one, the border repeated. @param weightsAt of a fraction 0 ≤ t < 1 */
function interpolate(from: number, to: number, weightsAt: (t: number) => number[]): Mix[] {
  return Array.from({ length: to }, (_, i) => {
    const centre = Math.fround((i + 0.5) * scaleOf(from, to) - 0.5);
    const weights = weightsAt(centre - Math.floor(centre));
    return clampedMix(Math.floor(centre) - weights.length / 2 + 1, weights, from);
  });
}

/** Averages over the part of the row that each new pixel covers. */
function areaMixes(from: number, to: number): Mix[] {
  const scale = scaleOf(from, to);
  return Array.from({ length: to }, (_, i) => {
    const [start, end] = [i * scale, (i + 1) * scale];
    const last = Math.min(Math.floor(end), from - 1);
    const whole = Math.min(Math.ceil(start), last);
    const covered = Math.min(scale, from - start);
    const weights = new Array<number>(last - whole).fill(1 / covered);
    const hasHead = whole - start > MIN_OVERLAP;
    if (hasHead) weights.unshift((whole - start) / covered);
    if (end - last > MIN_OVERLAP) weights.push(Math.min(end - last, 1, covered) / covered);
    return { first: hasHead ? whole - 1 : whole, weights };
  });
}

/** When a side grows, `area` mixes two pixels only where a new one lies across their border. */
function enlargingAreaMixes(from: number, to: number): Mix[] {
  const scale = scaleOf(from, to);
  return Array.from({ length: to }, (_, i) => {
    const first = Math.floor(i * scale);
    const beyond = Math.fround(i + 1 - (first + 1) * (to / from));
    const t = beyond <= 0 ? 0 : beyond - Math.floor(beyond);
    return clampedMix(first, [1 - t, t], from);
  });
}
