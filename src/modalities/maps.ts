/** Conversion of maps from published data sets to inputs of the published tokenizers. */
import { InvalidInputError } from '../errors.js';
import type { Raster } from '../media/raster.js';

/** Fraction of depths at either end that is excluded from mean and variance. */
const TRUNCATED = 0.1;
const EPSILON = 1e-6;

/** Scales 8-bit and 16-bit depth to 0…1; other numbers are unchanged. */
export function depthAsFloats(depth: Raster<Uint8Array | Uint16Array | Float32Array>): Raster<Float32Array> {
  const highest = depth.data instanceof Float32Array ? 1 : depth.data instanceof Uint16Array ? 0xffff : 0xff;
  return { ...depth, data: Float32Array.from(depth.data, (x) => x / highest) };
}

/**
 * Standardises depth: subtracts the mean and divides by the standard deviation, both computed without the nearest and the
 * furthest tenth. (`truncated_depth_standardization` officially.)
 *
 * @throws {InvalidInputError} if fewer than two values remain
 */
export function standardiseDepth(depth: Raster<Float32Array>): Raster<Float32Array> {
  const count = depth.data.length;
  const middle = depth.data.toSorted().subarray(Math.trunc(TRUNCATED * count), Math.trunc((1 - TRUNCATED) * count));
  if (middle.length < 2) throw new InvalidInputError(`depth of ${count} pixels is too small to be standardised`);
  const mean = middle.reduce((sum, x) => sum + x, 0) / middle.length;
  const variance = middle.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (middle.length - 1);
  const deviation = Math.sqrt(variance + EPSILON);
  return { ...depth, data: depth.data.map((x) => (x - mean) / deviation) };
}

/**
 * Shifts class ids by `by`, so that 0 becomes the id for no class, which was 255. By −1 it reverses the shift.
 *
 * @param by 1 if not given, as officially
 */
export function shiftClasses(classes: Raster<Uint8Array>, by = 1): Raster<Uint8Array> {
  return { ...classes, data: classes.data.map((id) => (id + by) & 0xff) };
}

/** Converts an 8-bit mask: 1 for white (255), otherwise 0. */
export function binaryMask(mask: Raster<Uint8Array>): Raster<Uint8Array> {
  return { ...mask, data: mask.data.map((x) => Number(x === 255)) };
}
