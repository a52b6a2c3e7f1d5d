/** Maps as published data sets store them, and as the tokenizers want them. */
import { InvalidInputError } from '../errors.js';
import type { Raster } from '../media/raster.js';

/** The share of depths that is left out at either end when mean and variance are taken. */
const TRUNCATED = 0.1;
const EPSILON = 1e-6;

/** 8-bit and 16-bit depth as numbers from 0 to 1; other numbers as they are. */
export function depthAsFloats(depth: Raster<Uint8Array | Uint16Array | Float32Array>): Raster<Float32Array> {
  const highest = depth.data instanceof Float32Array ? 1 : depth.data instanceof Uint16Array ? 0xffff : 0xff;
  return { ...depth, data: Float32Array.from(depth.data, (x) => x / highest) };
}

/**
 * Depth without its unit: less the mean, in units of the standard deviation, both taken without the nearest and the furthest
 * tenth. (`truncated_depth_standardization` officially.)
 *
 * @throws {InvalidInputError} if there are not two values left
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
 * Class ids moved up, to make place for 0, which is no class; 255, which was no class, becomes it. By −1 it moves them back.
 *
 * @param by 1 if not given, as officially
 */
export function shiftClasses(classes: Raster<Uint8Array>, by = 1): Raster<Uint8Array> {
  return { ...classes, data: classes.data.map((id) => (id + by) & 0xff) };
}

/** An 8-bit mask as 1 where it is white, and 0 for black and every grey. */
export function binaryMask(mask: Raster<Uint8Array>): Raster<Uint8Array> {
  return { ...mask, data: mask.data.map((x) => Number(x === 255)) };
}
