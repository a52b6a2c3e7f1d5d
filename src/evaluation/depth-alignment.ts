/**
 * Bringing a predicted depth map to the scale (and shift) of the true one, for predictions whose unit is not known. All of
 * it is fitted to one picture at a time.
 */
import { mean, median } from './statistics.js';

/**
 * How a prediction `p` is brought to the scale of the truth `g` before the two are compared.
 *
 * - `none`: it is taken as it is
 * - `scale-and-shift`: `s p + t` with the least squared error
 * - `scale`: `s p` with the least squared error
 * - `median-scale`: `p` times the ratio of the medians
 * - `median-deviation`: median and median absolute deviation of `p` are made those of `g` (a robust scale and shift)
 * - `mean-deviation`: the same with the mean absolute deviation from the median (as in MiDaS)
 * - `disparity`: `p` is an inverse depth, fitted to `1 / g` by scale and shift and then inverted
 */
export type DepthAlignment = (typeof DEPTH_ALIGNMENTS)[number];

/** All {@link DepthAlignment}s. */
export const DEPTH_ALIGNMENTS = [
  'none',
  'scale-and-shift',
  'scale',
  'median-scale',
  'median-deviation',
  'mean-deviation',
  'disparity',
] as const;

/** Aligned predictions are raised to this depth: a fit may give zero and less, of which no ratio can be had. */
export const SMALLEST_DEPTH = 1e-3;
/** A prediction that varies less than this (variance) counts as constant. */
const SMALLEST_VARIANCE = 1e-12;
/** The smallest deviation that is divided by. */
const SMALLEST_DEVIATION = 1e-6;

/**
 * @param p predicted depths of the valid pixels of a picture
 * @param g their true depths, above 0; at least one
 * @returns the aligned prediction, at least {@link SMALLEST_DEPTH} everywhere
 */
export function alignDepth(alignment: DepthAlignment, p: Float64Array, g: Float64Array): Float64Array {
  return aligned(alignment, p, g).map((depth) => Math.max(depth, SMALLEST_DEPTH));
}

function aligned(alignment: DepthAlignment, p: Float64Array, g: Float64Array): Float64Array {
  switch (alignment) {
    case 'none':
      return p;
    case 'scale-and-shift':
      return leastSquares(p, g);
    case 'scale':
      return scaled(p, mean(p.map((value, i) => value * g[i]!)), mean(p.map((value) => value * value)));
    case 'median-scale':
      return scaled(p, median(g), median(p));
    case 'median-deviation':
      return matchDeviation(p, g, median);
    case 'mean-deviation':
      return matchDeviation(p, g, mean);
    case 'disparity': {
      const disparity = leastSquares(
        p,
        g.map((depth) => 1 / depth),
      );
      return disparity.map((value) => 1 / Math.max(value, SMALLEST_DEPTH));
    }
  }
}

/** `p · numerator / denominator`; a prediction that gives no scale, such as one of zeros, becomes 0. */
function scaled(p: Float64Array, numerator: number, denominator: number): Float64Array {
  const scale = numerator / denominator;
  return p.map((value) => (Number.isFinite(scale) ? scale * value : 0));
}

function leastSquares(p: Float64Array, target: Float64Array): Float64Array {
  const meanP = mean(p);
  const meanTarget = mean(target);
  const variance = mean(p.map((value) => (value - meanP) ** 2));
  const covariance = mean(p.map((value, i) => (value - meanP) * (target[i]! - meanTarget)));
  const scale = variance < SMALLEST_VARIANCE ? 0 : covariance / variance;
  return p.map((value) => scale * (value - meanP) + meanTarget);
}

function matchDeviation(p: Float64Array, g: Float64Array, average: (values: Float64Array) => number): Float64Array {
  const medianP = median(p);
  const medianG = median(g);
  const deviationP = Math.max(average(p.map((value) => Math.abs(value - medianP))), SMALLEST_DEVIATION);
  const deviationG = average(g.map((value) => Math.abs(value - medianG)));
  return p.map((value) => ((value - medianP) / deviationP) * deviationG + medianG);
}
