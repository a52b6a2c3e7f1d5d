import { checkFinite, checkLengths, nothingMeasured } from './checks.js';
import { mean, median } from './statistics.js';

/** Metrics of surface normals, over the valid pixels of all images together. */
export interface NormalScores {
  /** Mean angle between prediction and truth, in degrees, 0…180. */
  readonly mean: number;
  /** Median angle, in degrees. */
  readonly median: number;
  /** Root of the mean squared angle, in degrees. */
  readonly rmse: number;
  /** Share of pixels with an angle below 11.25°, 0…1. */
  readonly below11: number;
  /** Share of pixels with an angle below 22.5°. */
  readonly below22: number;
  /** Share of pixels with an angle below 30°. */
  readonly below30: number;
}

/** Lower bound of lengths in divisions. */
const MIN_LENGTH = 1e-12;

/** Compares maps of surface normals by angle. It keeps every angle, 8 bytes a pixel, because a median needs them all. */
export class NormalMetric {
  readonly #angles: Float64Array[] = [];

  /**
   * Adds an image.
   *
   * @param predicted h · w · 3, vectors of any length; the angle to a zero vector is 90°
   * @param truth     h · w · 3, likewise
   * @param mask      h · w flags, 0 = leave out; without it every pixel is used
   * @throws {InvalidInputError} if the sizes do not fit each other, or for a valid pixel with NaN or an infinity
   */
  add(predicted: ArrayLike<number>, truth: ArrayLike<number>, mask?: ArrayLike<number>): void {
    checkLengths('normal map', predicted, truth, mask, 3);
    const angles: number[] = [];
    for (let pixel = 0; pixel < truth.length / 3; pixel++) {
      if (!mask || mask[pixel]) angles.push(angleBetween(predicted, truth, 3 * pixel));
    }
    this.#angles.push(Float64Array.from(angles));
  }

  /** How many valid pixels have been added. */
  get pixels(): number {
    return this.#angles.reduce((total, { length }) => total + length, 0);
  }

  /** @throws {InvalidInputError} before any valid pixel has been added */
  result(): NormalScores {
    const angles = this.#pooled();
    return {
      mean: mean(angles),
      median: median(angles),
      rmse: Math.sqrt(mean(angles.map((angle) => angle * angle))),
      below11: this.shareBelow(11.25),
      below22: this.shareBelow(22.5),
      below30: this.shareBelow(30),
    };
  }

  /** Share of pixels with an angle below a limit in degrees, 0…1. @throws {InvalidInputError} likewise */
  shareBelow(degrees: number): number {
    const angles = this.#pooled();
    return angles.filter((angle) => angle < degrees).length / angles.length;
  }

  #pooled(): Float64Array {
    const angles = new Float64Array(this.pixels);
    if (angles.length === 0) throw nothingMeasured('NormalMetric');
    let offset = 0;
    for (const part of this.#angles) {
      angles.set(part, offset);
      offset += part.length;
    }
    return angles;
  }
}

/** Degrees between the vectors of `a` and `b` that begin at `offset`. @throws {InvalidInputError} for NaN and infinities */
export function angleBetween(a: ArrayLike<number>, b: ArrayLike<number>, offset: number): number {
  let dot = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = offset; i < offset + 3; i++) {
    dot += a[i]! * b[i]!;
    squaresA += a[i]! ** 2;
    squaresB += b[i]! ** 2;
  }
  checkFinite('the length of a predicted normal', squaresA);
  checkFinite('the length of a true normal', squaresB);
  const cosine = dot / Math.max(Math.sqrt(squaresA), MIN_LENGTH) / Math.max(Math.sqrt(squaresB), MIN_LENGTH);
  return (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
}
