/** Baselines without any input: the mean or the most frequent value at every pixel of the training maps. */
import { InvalidInputError } from '../errors.js';
import { checkFinite, nothingMeasured } from './checks.js';

/** The mean of the training maps at every value: the trivial predictor for depth, and for normals before {@link unitVectors}. */
export class MeanPredictor {
  #sums = new Float64Array(0);
  #maps = 0;

  /** @throws {InvalidInputError} for a map of another size than the first, or with NaN or an infinity */
  add(map: ArrayLike<number>): void {
    if (this.#maps === 0) this.#sums = new Float64Array(map.length);
    checkSize(map, this.#sums.length);
    for (let i = 0; i < map.length; i++) {
      checkFinite('a value of a training map', map[i]!);
      this.#sums[i]! += map[i]!;
    }
    this.#maps++;
  }

  /** The prediction, with as many values as a map. @throws {InvalidInputError} before any map has been added */
  result(): Float32Array {
    if (this.#maps === 0) throw nothingMeasured('MeanPredictor');
    return Float32Array.from(this.#sums, (sum) => sum / this.#maps);
  }
}

/** The most frequent class of the training maps at each pixel; ties go to the lowest id. */
export class MostFrequentPredictor {
  readonly #classes: number;
  #counts = new Float64Array(0);
  #maps = 0;

  /** @param classes how many classes there are */
  constructor(classes: number) {
    this.#classes = classes;
  }

  /** @throws {InvalidInputError} for a map of another size than the first, or a class id out of range */
  add(map: ArrayLike<number>): void {
    if (this.#maps === 0) this.#counts = new Float64Array(map.length * this.#classes);
    checkSize(map, this.#counts.length / this.#classes);
    for (let i = 0; i < map.length; i++) {
      const id = map[i]!;
      if (!Number.isInteger(id) || id < 0 || id >= this.#classes) {
        throw new InvalidInputError(`a class id must be a whole number from 0 to ${this.#classes - 1}, not ${id}`);
      }
      this.#counts[i * this.#classes + id]!++;
    }
    this.#maps++;
  }

  /** The prediction: a class id for each pixel. @throws {InvalidInputError} before any map has been added */
  result(): Int32Array {
    if (this.#maps === 0) throw nothingMeasured('MostFrequentPredictor');
    return Int32Array.from({ length: this.#counts.length / this.#classes }, (_, pixel) => {
      const counts = this.#counts.subarray(pixel * this.#classes, (pixel + 1) * this.#classes);
      return counts.indexOf(Math.max(...counts));
    });
  }
}

/**
 * Brings vectors to length 1; those of length 0 stay.
 *
 * @param vectors [h · w · 3]
 * @returns       [h · w · 3]
 */
export function unitVectors(vectors: Float32Array): Float32Array {
  return vectors.map((value, i) => {
    const first = i - (i % 3);
    return value / (Math.hypot(vectors[first]!, vectors[first + 1]!, vectors[first + 2]!) || 1);
  });
}

function checkSize(map: ArrayLike<number>, length: number): void {
  if (map.length === length) return;
  throw new InvalidInputError(`all maps must have the size of the first, ${length} values, but one has ${map.length}`);
}
