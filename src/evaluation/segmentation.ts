import { InvalidInputError } from '../errors.js';
import { checkLengths, nothingMeasured } from './checks.js';
import { mean } from './statistics.js';

/** Figures of a semantic segmentation, over the valid pixels of all pictures together; 1 is perfect. */
export interface SegmentationScores {
  /** Mean of {@link classIou} over the classes that the truth or a prediction has, 0…1. */
  readonly meanIou: number;
  /** Share of pixels with the right class, 0…1. */
  readonly pixelAccuracy: number;
  /** Intersection over union of each class; null where neither the truth nor a prediction has the class. */
  readonly classIou: readonly (number | null)[];
  /** Share of the pixels of each class that are found; null where the truth does not have the class. */
  readonly classAccuracy: readonly (number | null)[];
  /** Pixels of true class t (row) predicted as class p (column): `confusion[t * classes + p]`. */
  readonly confusion: Float64Array;
}

/** Compares class maps by one confusion matrix of all their pixels. */
export class SegmentationMetric {
  readonly #classes: number;
  readonly #ignored: number | undefined;
  readonly #confusion: Float64Array;
  readonly #truths: Float64Array;

  /**
   * @param classes how many classes there are
   * @param ignored the value that marks true pixels of no known class
   */
  constructor(classes: number, ignored?: number) {
    this.#classes = classes;
    this.#ignored = ignored;
    this.#confusion = new Float64Array(classes * classes);
    this.#truths = new Float64Array(classes);
  }

  /**
   * Adds a picture.
   *
   * @param predicted h · w class ids; an id out of range is wrong
   * @param truth     h · w class ids
   * @throws {InvalidInputError} if the sizes differ, or for a true class id that is neither known nor ignored
   */
  add(predicted: ArrayLike<number>, truth: ArrayLike<number>): void {
    checkLengths('class map', predicted, truth, undefined);
    for (let i = 0; i < truth.length; i++) {
      const t = truth[i]!;
      const p = predicted[i]!;
      if (t === this.#ignored) continue;
      if (!this.#isClass(t)) {
        throw new InvalidInputError(`a true class id must be a whole number from 0 to ${this.#classes - 1}, not ${t}`);
      }
      this.#truths[t]!++;
      if (this.#isClass(p)) this.#confusion[t * this.#classes + p]!++;
    }
  }

  /** @throws {InvalidInputError} before any valid pixel has been added */
  result(): SegmentationScores {
    const classes = Array.from(this.#truths.keys());
    const found = classes.map((c) => this.#confusion[c * this.#classes + c]!);
    const predicted = classes.map((c) => classes.reduce((sum, t) => sum + this.#confusion[t * this.#classes + c]!, 0));
    const pixels = this.#truths.reduce((sum, count) => sum + count, 0);
    if (pixels === 0) throw nothingMeasured('SegmentationMetric');
    const classIou = classes.map((c) => ratio(found[c]!, this.#truths[c]! + predicted[c]! - found[c]!));
    return {
      meanIou: mean(classIou.filter((iou) => iou !== null)),
      pixelAccuracy: found.reduce((sum, count) => sum + count, 0) / pixels,
      classIou,
      classAccuracy: classes.map((c) => ratio(found[c]!, this.#truths[c]!)),
      confusion: this.#confusion.slice(),
    };
  }

  #isClass(id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id < this.#classes;
  }
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
