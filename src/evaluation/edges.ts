import { checkLengths } from './checks.js';

/** Scores of edge pixels, over all maps together; 1 is perfect. null where there is nothing to measure. */
export interface EdgeScores {
  /** Share of the predicted edge pixels that are right, 0…1. */
  readonly precision: number | null;
  /** Share of the true edge pixels that are found, 0…1. */
  readonly recall: number | null;
  /** Harmonic mean of the two: 2 · right / (predicted + true), 0…1. */
  readonly f1: number | null;
}

/** Compares binary edge maps. */
export class EdgeMetric {
  readonly #tolerance: number;
  #rightlyPredicted = 0;
  #predicted = 0;
  #found = 0;
  #true = 0;

  /**
   * @param tolerance maximum distance in pixels, along x and y, of a correct edge: 0 for exact positions, 1 includes the eight
   *                  neighbours
   */
  constructor(tolerance = 0) {
    this.#tolerance = tolerance;
  }

  /**
   * Adds a map.
   *
   * @param predicted h · w flags, all but 0 is an edge
   * @param truth     likewise
   * @throws {InvalidInputError} if the sizes differ
   */
  add(predicted: ArrayLike<number>, truth: ArrayLike<number>, width: number): void {
    checkLengths('edge map', predicted, truth, undefined);
    for (let pixel = 0; pixel < truth.length; pixel++) {
      if (predicted[pixel]) {
        this.#predicted++;
        if (this.#isNear(truth, pixel, width)) this.#rightlyPredicted++;
      }
      if (truth[pixel]) {
        this.#true++;
        if (this.#isNear(predicted, pixel, width)) this.#found++;
      }
    }
  }

  /** The scores of all that was added. */
  result(): EdgeScores {
    const precision = this.#predicted > 0 ? this.#rightlyPredicted / this.#predicted : null;
    const recall = this.#true > 0 ? this.#found / this.#true : null;
    if (this.#predicted + this.#true === 0) return { precision, recall, f1: null };
    const sum = (precision ?? 0) + (recall ?? 0);
    return { precision, recall, f1: sum > 0 ? (2 * (precision ?? 0) * (recall ?? 0)) / sum : 0 };
  }

  #isNear(map: ArrayLike<number>, pixel: number, width: number): boolean {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    for (let row = y - this.#tolerance; row <= y + this.#tolerance; row++) {
      for (let column = x - this.#tolerance; column <= x + this.#tolerance; column++) {
        if (column >= 0 && column < width && map[row * width + column]) return true;
      }
    }
    return false;
  }
}
