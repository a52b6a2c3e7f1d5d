import { checkFinite, checkLengths, nothingMeasured } from './checks.js';
import { alignDepth, type DepthAlignment, MIN_DEPTH } from './depth-alignment.js';
import { mean } from './statistics.js';

/** Depth metrics (Eigen et al., 2014): of one image over its valid pixels, or the means over images. */
export interface DepthScores {
  /** Fraction of pixels with max(p / g, g / p) below 1.25, 0…1; 1 is perfect. */
  readonly delta1: number;
  /** The same with 1.25² and 1.25³. */
  readonly delta2: number;
  readonly delta3: number;
  /** Mean of |p − g| / g; 0 is perfect, as for all that follow. */
  readonly absRel: number;
  /** Mean of (p − g)² / g, in the unit of the truth. */
  readonly sqRel: number;
  /** Root of the mean squared error, in the unit of the truth. */
  readonly rmse: number;
  /** Root of the mean squared difference of natural logarithms. */
  readonly rmseLog: number;
  /** Mean absolute difference of natural logarithms. */
  readonly logL1: number;
  /** Mean absolute difference of decimal logarithms. */
  readonly log10: number;
  /** 100 times the standard deviation of the difference of natural logarithms. */
  readonly siLog: number;
  /** Mean absolute error, in the unit of the truth. */
  readonly mae: number;
}

/** The metrics of one image, and how its prediction was aligned. */
export interface DepthImageScores extends DepthScores {
  /** How many pixels were valid. */
  readonly pixels: number;
  /** Parameters of the alignment. */
  readonly fit: Readonly<Record<string, number>>;
}

/** Compares depth maps, image by image. */
export class DepthMetric {
  readonly #alignment: DepthAlignment;
  readonly #minDepth: number;
  readonly #images: DepthScores[] = [];

  /**
   * @param alignment how each prediction is fitted to its truth first
   * @param minDepth  predictions below it are raised to it, after the alignment
   */
  constructor(alignment: DepthAlignment = 'none', minDepth = MIN_DEPTH) {
    this.#alignment = alignment;
    this.#minDepth = minDepth;
  }

  /**
   * Adds an image. A pixel is valid where the mask is not 0 and the true depth is above 0; an image without valid pixels
   * is not counted.
   *
   * @param predicted h · w depths, in the unit of the truth if they are not aligned
   * @param truth     h · w depths; 0 = unknown
   * @param mask      h · w flags, 0 = leave out; without it every pixel is used
   * @returns         undefined if no pixel is valid
   * @throws {InvalidInputError} if the sizes differ, or for a valid pixel with NaN or an infinity
   */
  add(predicted: ArrayLike<number>, truth: ArrayLike<number>, mask?: ArrayLike<number>): DepthImageScores | undefined {
    const { p, g } = validDepths(predicted, truth, mask);
    if (g.length === 0) return undefined;
    const { depths, fit } = alignDepth(this.#alignment, p, g, this.#minDepth);
    const scores = depthScores(depths, g);
    this.#images.push(scores);
    return { ...scores, pixels: g.length, fit };
  }

  /** @throws {InvalidInputError} before any valid pixel has been added */
  result(): DepthScores {
    if (this.#images.length === 0) throw nothingMeasured('DepthMetric');
    const names = Object.keys(this.#images[0]!) as (keyof DepthScores)[];
    const means = names.map((name) => [name, mean(this.#images.map((image) => image[name]))]);
    return Object.fromEntries(means) as DepthScores;
  }
}

/**
 * Predicted and true depths of the valid pixels.
 *
 * @throws {InvalidInputError} if the sizes differ, or for a valid pixel with NaN or an infinity
 */
export function validDepths(
  predicted: ArrayLike<number>,
  truth: ArrayLike<number>,
  mask?: ArrayLike<number>,
): { p: Float64Array; g: Float64Array } {
  checkLengths('depth map', predicted, truth, mask);
  const p: number[] = [];
  const g: number[] = [];
  for (let i = 0; i < truth.length; i++) {
    if ((mask && !mask[i]) || truth[i]! <= 0) continue;
    checkFinite('a predicted depth', predicted[i]!);
    checkFinite('a true depth', truth[i]!);
    p.push(predicted[i]!);
    g.push(truth[i]!);
  }
  return { p: Float64Array.from(p), g: Float64Array.from(g) };
}

/** @param p, g positive depths, at least one */
function depthScores(p: Float64Array, g: Float64Array): DepthScores {
  const meanOf = (value: (depth: number, truth: number) => number) => mean(p.map((depth, i) => value(depth, g[i]!)));
  const shareWithin = (factor: number) => meanOf((depth, truth) => +(Math.max(depth / truth, truth / depth) < factor));
  const logs = p.map((depth, i) => Math.log(depth) - Math.log(g[i]!));
  const logL1 = mean(logs.map(Math.abs));
  const squaredLog = mean(logs.map((difference) => difference ** 2));
  return {
    delta1: shareWithin(1.25),
    delta2: shareWithin(1.25 ** 2),
    delta3: shareWithin(1.25 ** 3),
    absRel: meanOf((depth, truth) => Math.abs(depth - truth) / truth),
    sqRel: meanOf((depth, truth) => (depth - truth) ** 2 / truth),
    rmse: Math.sqrt(meanOf((depth, truth) => (depth - truth) ** 2)),
    rmseLog: Math.sqrt(squaredLog),
    logL1,
    log10: logL1 / Math.LN10,
    siLog: 100 * Math.sqrt(Math.max(0, squaredLog - mean(logs) ** 2)),
    mae: meanOf((depth, truth) => Math.abs(depth - truth)),
  };
}
