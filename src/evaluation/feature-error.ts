import { checkFinite, checkLengths, nothingMeasured } from './checks.js';
import { mean } from './statistics.js';

/** Errors of predicted features of another network, over all vectors. */
export interface FeatureScores {
  /** Mean squared difference of the values. */
  readonly squaredError: number;
  /** Mean cosine similarity of predicted and true vectors, -1…1; 1 is perfect. */
  readonly cosine: number;
}

/** Lower bound of lengths in divisions. */
const MIN_LENGTH = 1e-12;

/** Compares feature maps and embeddings, vector by vector. */
export class FeatureMetric {
  readonly #squares: number[] = [];
  readonly #cosines: number[] = [];

  /**
   * Adds the vectors of a picture.
   *
   * @param predicted [N, D]
   * @param truth     [N, D]
   * @param width     D
   * @throws {InvalidInputError} if the sizes do not fit each other, or for NaN and infinities
   */
  add(predicted: ArrayLike<number>, truth: ArrayLike<number>, width: number): void {
    checkLengths('feature map', predicted, truth, undefined, width);
    for (let start = 0; start < truth.length; start += width) {
      let [squares, dot, lengthP, lengthT] = [0, 0, 0, 0];
      for (let i = start; i < start + width; i++) {
        const [p, t] = [predicted[i]!, truth[i]!];
        checkFinite('a predicted feature', p);
        checkFinite('a true feature', t);
        squares += (p - t) ** 2;
        dot += p * t;
        lengthP += p * p;
        lengthT += t * t;
      }
      this.#squares.push(squares / width);
      this.#cosines.push(dot / Math.max(Math.sqrt(lengthP) * Math.sqrt(lengthT), MIN_LENGTH));
    }
  }

  /** @throws {InvalidInputError} before any vector has been added */
  result(): FeatureScores {
    if (this.#squares.length === 0) throw nothingMeasured('FeatureMetric');
    return { squaredError: mean(this.#squares), cosine: mean(this.#cosines) };
  }

  /** How many vectors have been added. */
  get vectors(): number {
    return this.#squares.length;
  }
}
