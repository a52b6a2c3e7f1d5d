/** Resizing as PyTorch does it (`torch.nn.functional.interpolate`). */
import { InvalidInputError } from '../errors.js';
import type { Raster } from './raster.js';
import { clampedMix, type Mix, resample } from './resample.js';
import { cubic } from './resize.js';

/** Options of {@link resizeTorch}. */
export interface TorchResizeOptions {
  /** Kernels widen as the raster shrinks, as in Pillow. */
  readonly antialias?: boolean;
  /** The centres of the corner pixels stay the corners; otherwise their outer corners do. */
  readonly alignCorners?: boolean;
}

/**
 * Resizes a raster of floats. `bicubic` has a = −0.75, with antialiasing −0.5.
 *
 * @throws InvalidInputError if the new size is not positive
 */
export function resizeTorch(
  raster: Raster<Float32Array>,
  width: number,
  height: number,
  mode: 'bilinear' | 'bicubic',
  { antialias = false, alignCorners = false }: TorchResizeOptions = {},
): Raster<Float32Array> {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1)) {
    throw new InvalidInputError(`cannot resize to ${width} × ${height}: sizes are whole numbers from 1`);
  }
  const mixes = (from: number, to: number) => {
    // Positions are computed in single precision.
    const scale = Math.fround(alignCorners ? (to > 1 ? (from - 1) / (to - 1) : 0) : from / to);
    return antialias
      ? antialiasedMixes(from, to, scale, mode)
      : interpolationMixes(from, to, scale, mode, alignCorners);
  };
  return resample(raster, mixes(raster.width, width), mixes(raster.height, height));
}

function interpolationMixes(
  from: number,
  to: number,
  scale: number,
  mode: 'bilinear' | 'bicubic',
  alignCorners: boolean,
): Mix[] {
  return Array.from({ length: to }, (_, i) => {
    const at = Math.fround(alignCorners ? i * scale : scale * (i + 0.5) - 0.5);
    const centre = mode === 'bilinear' ? Math.max(at, 0) : at;
    const first = Math.floor(centre);
    const t = centre - first;
    if (mode === 'bilinear') return clampedMix(first, [1 - t, t], from);
    const weights = [t + 1, t, 1 - t, 2 - t].map((distance) => cubic(distance, -0.75));
    return clampedMix(first - 1, weights, from);
  });
}

function antialiasedMixes(from: number, to: number, scale: number, mode: 'bilinear' | 'bicubic'): Mix[] {
  const stretch = Math.max(scale, 1);
  const support = (mode === 'bilinear' ? 1 : 2) * stretch;
  const kernel = (x: number) => (mode === 'bilinear' ? Math.max(0, 1 - x) : cubic(x, -0.5));
  return Array.from({ length: to }, (_, i) => {
    const centre = Math.fround(scale * (i + 0.5));
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), from);
    const weights = Array.from({ length: end - first }, (_, k) => kernel(Math.abs(k + first - centre + 0.5) / stretch));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: sum === 0 ? weights : weights.map((weight) => weight / sum) };
  });
}
