/** Differences of depth maps that do not depend on their scale and shift, on the valid pixels of an image. */
import { withoutScaleAndShift } from './depth-alignment.js';
import { mean, median } from './statistics.js';

/** Fraction of the smallest and of the largest values that are excluded from mean and variance. */
const TRIMMED = 0.1;
/** Added to variances, to avoid division by zero for constant maps. */
const EPSILON = 1e-6;

/**
 * Mean absolute difference of the maps, each as (x − median) / deviation. (MiDaS; Ranftl et al., 2020.)
 *
 * @param p         predicted values of the valid pixels
 * @param g         true values
 * @param deviation the mean or the median of |x − median|, at least 1e-6
 */
export function scaleShiftInvariantError(p: Float64Array, g: Float64Array, deviation: 'mean' | 'median'): number {
  const average = deviation === 'mean' ? mean : median;
  return meanDifference(withoutScaleAndShift(p, average), withoutScaleAndShift(g, average));
}

/**
 * Mean absolute difference of the maps, each standardised by mean and (unbiased) variance of the values between its first
 * and last tenth: how MultiMAE and 4M standardise depth for training.
 *
 * @returns null for less than four pixels, of which too few would be left
 */
export function standardisedError(p: Float64Array, g: Float64Array): number | null {
  return p.length < 4 ? null : meanDifference(standardised(p), standardised(g));
}

function standardised(values: Float64Array): Float64Array {
  const kept = values.toSorted().slice(Math.trunc(TRIMMED * values.length), Math.trunc((1 - TRIMMED) * values.length));
  const middle = mean(kept);
  const variance = kept.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (kept.length - 1);
  return values.map((value) => (value - middle) / Math.sqrt(variance + EPSILON));
}

function meanDifference(a: Float64Array, b: Float64Array): number {
  return mean(a.map((value, i) => Math.abs(value - b[i]!)));
}
