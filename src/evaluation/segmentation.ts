import { InvalidInputError } from '../errors.js';
import { checkLengths, nothingMeasured } from './checks.js';
import { mean } from './statistics.js';

/** Metrics of a semantic segmentation, from the confusion matrix of the valid pixels of all images; 1 is perfect. */
export interface SegmentationSummary {
  /** Mean of {@link classIou} over the classes that the truth or a prediction has, 0…1. */
  readonly meanIou: number | null;
  /** The same mean over the classes that the truth has. */
  readonly meanIouOfTrueClasses: number | null;
  /** The same mean over all classes; those that neither has count as 0. */
  readonly meanIouOfAllClasses: number;
  /** Mean of {@link classIou}, weighted by the pixels that the truth has of a class. */
  readonly weightedIou: number | null;
  /** Share of pixels with the right class, 0…1. */
  readonly pixelAccuracy: number | null;
  /** Mean of {@link classAccuracy} over the classes that the truth has. */
  readonly meanClassAccuracy: number | null;
  /** Intersection over union of each class; null where neither the truth nor a prediction has the class. */
  readonly classIou: readonly (number | null)[];
  /** Share of the pixels of each class that are found; null where the truth does not have the class. */
  readonly classAccuracy: readonly (number | null)[];
  /** Dice coefficient (F1) of each class; null where neither the truth nor a prediction has the class. */
  readonly classDice: readonly (number | null)[];
  /** Pixels of true class t (row) predicted as class p (column): `confusion[t * classes + p]`. */
  readonly confusion: Float64Array;
  /** How many pixels were valid. */
  readonly pixels: number;
}

/** {@link SegmentationSummary} with at least one valid pixel, so that all means are defined. */
export type SegmentationScores = {
  readonly [Metric in keyof SegmentationSummary]: Exclude<SegmentationSummary[Metric], null>;
};

/** Compares class maps by one confusion matrix of all their pixels. */
export class SegmentationMetric {
  readonly #classes: number;
  readonly #ignored: number | undefined;
  readonly #confusion: Float64Array;
  readonly #truths: Float64Array;

  /**
   * @param classes how many classes there are
   * @param ignored class id of true pixels that are ignored
   */
  constructor(classes: number, ignored?: number) {
    this.#classes = classes;
    this.#ignored = ignored;
    this.#confusion = new Float64Array(classes * classes);
    this.#truths = new Float64Array(classes);
  }

  /**
   * Adds an image.
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
    const summary = this.summary();
    if (summary.pixels === 0) throw nothingMeasured('SegmentationMetric');
    return summary as SegmentationScores;
  }

  /** The metrics of all added images; undefined means are null. */
  summary(): SegmentationSummary {
    const classes = Array.from(this.#truths.keys());
    const found = classes.map((c) => this.#confusion[c * this.#classes + c]!);
    const predicted = classes.map((c) => classes.reduce((sum, t) => sum + this.#confusion[t * this.#classes + c]!, 0));
    const pixels = this.#truths.reduce((sum, count) => sum + count, 0);
    const classIou = classes.map((c) => ratio(found[c]!, this.#truths[c]! + predicted[c]! - found[c]!));
    const classAccuracy = classes.map((c) => ratio(found[c]!, this.#truths[c]!));
    const weighted = classIou.reduce<number>((sum, iou, c) => sum + (iou ?? 0) * this.#truths[c]!, 0);
    return {
      meanIou: meanOfKnown(classIou),
      meanIouOfTrueClasses: meanOfKnown(classIou.filter((_, c) => this.#truths[c]! > 0)),
      meanIouOfAllClasses: mean(classIou.map((iou) => iou ?? 0)),
      weightedIou: ratio(weighted, pixels),
      pixelAccuracy: ratio(
        found.reduce((sum, count) => sum + count, 0),
        pixels,
      ),
      meanClassAccuracy: meanOfKnown(classAccuracy),
      classIou,
      classAccuracy,
      classDice: classes.map((c) => ratio(2 * found[c]!, this.#truths[c]! + predicted[c]!)),
      confusion: this.#confusion.slice(),
      pixels,
    };
  }

  #isClass(id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id < this.#classes;
  }
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function meanOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : mean(known);
}
