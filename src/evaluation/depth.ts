import { checkFinite, checkLengths, nothingMeasured } from './checks.js';
import { alignDepth, type DepthAlignment } from './depth-alignment.js';

/** Depth figures, each the mean over pictures of its value over a picture's valid pixels. */
export interface DepthScores {
  /** Mean of |p − g| / g; 0 is perfect. */
  readonly absRel: number;
  /** Root of the mean squared error, in the unit of the truth; 0 is perfect. */
  readonly rmse: number;
  /** Mean absolute error, in the unit of the truth; 0 is perfect. */
  readonly mae: number;
  /** Share of pixels whose depth is wrong by a factor below 1.25, 0…1; 1 is perfect. */
  readonly delta1: number;
}

/** Compares depth maps, picture by picture, with the measures of monocular depth estimation (Eigen et al., 2014). */
export class DepthMetric {
  readonly #alignment: DepthAlignment;
  readonly #sums = { absRel: 0, rmse: 0, mae: 0, delta1: 0 };
  #pictures = 0;

  /** @param alignment how each prediction is fitted to its truth first */
  constructor(alignment: DepthAlignment = 'none') {
    this.#alignment = alignment;
  }

  /**
   * Adds a picture. A pixel is valid where the mask says so and the true depth is above 0; a picture without valid pixels
   * counts for nothing.
   *
   * @param predicted h · w depths, in the unit of the truth if they are not aligned
   * @param truth     h · w depths; 0 = unknown
   * @param mask      h · w flags, 0 = leave out; without it every pixel is used
   * @throws {InvalidInputError} if the sizes differ, or for a valid pixel with NaN or an infinity
   */
  add(predicted: ArrayLike<number>, truth: ArrayLike<number>, mask?: ArrayLike<number>): void {
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
    if (g.length > 0) this.#addValid(Float64Array.from(p), Float64Array.from(g));
  }

  /** @throws {InvalidInputError} before any valid pixel has been added */
  result(): DepthScores {
    const { absRel, rmse, mae, delta1 } = this.#sums;
    const n = this.#pictures;
    if (n === 0) throw nothingMeasured('DepthMetric');
    return { absRel: absRel / n, rmse: rmse / n, mae: mae / n, delta1: delta1 / n };
  }

  #addValid(p: Float64Array, g: Float64Array): void {
    let relative = 0;
    let absolute = 0;
    let squared = 0;
    let close = 0;
    alignDepth(this.#alignment, p, g).forEach((depth, i) => {
      const truth = g[i]!;
      const error = Math.abs(depth - truth);
      relative += error / truth;
      absolute += error;
      squared += error * error;
      if (Math.max(depth / truth, truth / depth) < 1.25) close++;
    });
    this.#sums.absRel += relative / g.length;
    this.#sums.mae += absolute / g.length;
    this.#sums.rmse += Math.sqrt(squared / g.length);
    this.#sums.delta1 += close / g.length;
    this.#pictures++;
  }
}
