/** Aligns a predicted depth map to the scale (and shift) of the true one, per image, for predictions of unknown unit. */
import { mean, median } from './statistics.js';

/**
 * Alignment of a prediction `p` with the truth `g` before comparison.
 *
 * - `none`: unchanged
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

/** Lower bound of aligned predictions, since a fit may give zero or negative depths, for which ratios are undefined. */
export const MIN_DEPTH = 1e-3;
/** A prediction that varies less than this (variance) counts as constant. */
const MIN_VARIANCE = 1e-12;
/** Lower bound of deviations in divisions. */
const MIN_DEVIATION = 1e-6;

/** A fitted prediction. */
export interface AlignedDepth {
  /** Depths of the valid pixels, none below the smallest. */
  readonly depths: Float64Array;
  /** Parameters of the fit: `scale` and `shift` where it has them; medians and deviations of both maps (`medianP`, … ). */
  readonly fit: Readonly<Record<string, number>>;
}

/**
 * Fits predicted depths to the true ones.
 *
 * @param p        predicted depths of the valid pixels of an image
 * @param g        their true depths, above 0; at least one
 * @param minDepth aligned depths below it are raised to it
 */
export function alignDepth(
  alignment: DepthAlignment,
  p: Float64Array,
  g: Float64Array,
  minDepth = MIN_DEPTH,
): AlignedDepth {
  const { depths, fit } = aligned(alignment, p, g);
  return { depths: depths.map((depth) => Math.max(depth, minDepth)), fit };
}

function aligned(alignment: DepthAlignment, p: Float64Array, g: Float64Array): AlignedDepth {
  switch (alignment) {
    case 'none':
      return { depths: p, fit: {} };
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
      return { ...disparity, depths: disparity.depths.map((value) => 1 / Math.max(value, MIN_DEPTH)) };
    }
  }
}

/** `p · numerator / denominator`; a prediction that gives no scale, such as one of zeros, becomes 0. */
function scaled(p: Float64Array, numerator: number, denominator: number): AlignedDepth {
  const ratio = numerator / denominator;
  const scale = Number.isFinite(ratio) ? ratio : 0;
  return { depths: p.map((value) => scale * value), fit: { scale } };
}

function leastSquares(p: Float64Array, target: Float64Array): AlignedDepth {
  const meanP = mean(p);
  const meanTarget = mean(target);
  const variance = mean(p.map((value) => (value - meanP) ** 2));
  const covariance = mean(p.map((value, i) => (value - meanP) * (target[i]! - meanTarget)));
  const scale = variance < MIN_VARIANCE ? 0 : covariance / variance;
  const depths = p.map((value) => scale * (value - meanP) + meanTarget);
  return { depths, fit: { scale, shift: meanTarget - scale * meanP } };
}

function matchDeviation(p: Float64Array, g: Float64Array, average: (values: Float64Array) => number): AlignedDepth {
  const [ofP, ofG] = [spreadOf(p, average), spreadOf(g, average)];
  const scale = ofG.deviation / Math.max(ofP.deviation, MIN_DEVIATION);
  return {
    depths: p.map((value) => (value - ofP.median) * scale + ofG.median),
    fit: { medianP: ofP.median, medianG: ofG.median, deviationP: ofP.deviation, deviationG: ofG.deviation },
  };
}

/** The median, and the median or mean distance from it. */
function spreadOf(values: Float64Array, average: (values: Float64Array) => number) {
  const middle = median(values);
  return { median: middle, deviation: average(values.map((value) => Math.abs(value - middle))) };
}

/** A map without its scale and shift: (x − median) / deviation. */
export function withoutScaleAndShift(values: Float64Array, average: (values: Float64Array) => number): Float64Array {
  const { median: middle, deviation } = spreadOf(values, average);
  return values.map((value) => (value - middle) / Math.max(deviation, MIN_DEVIATION));
}
