/** Average precision of boxes in space, as in Omni3D (Cube R-CNN, arXiv 2207.10660) and the transfer study of 4M-21. */
import { precisionsAt } from './average-precision.js';
import { matchDetections } from './box-matching.js';
import { checkFinite } from './checks.js';
import { mean } from './statistics.js';

/** An axis-aligned box, in metres. */
export interface Box3D {
  readonly centre: readonly [x: number, y: number, z: number];
  /** Lengths of the sides. */
  readonly size: readonly [x: number, y: number, z: number];
}

/** A predicted box. */
export interface DetectedBox3D {
  readonly box: Box3D;
  /** Confidence. Only the order counts; of equal ones, those added earlier go first. */
  readonly score: number;
}

/** Metrics of boxes in space, 0…1; 1 is perfect. Null where there is no true object. */
export interface BoxScores3D {
  /** AP3D: average precision, the mean over IoU thresholds from 0.05 to 0.5. */
  readonly ap: number | null;
  /** Average precision at an IoU of 0.25. */
  readonly ap25: number | null;
}

/** IoU thresholds 0.05, 0.10 … 0.50. */
export const IOU_THRESHOLDS_3D: readonly number[] = Array.from({ length: 10 }, (_, i) => (i + 1) / 20);

/** Intersection over union of two boxes, 0…1. Boxes without volume have no overlap. */
export function boxIou3D(a: Box3D, b: Box3D): number {
  let both = 1;
  for (const axis of [0, 1, 2] as const) {
    const low = Math.max(a.centre[axis] - a.size[axis] / 2, b.centre[axis] - b.size[axis] / 2);
    const high = Math.min(a.centre[axis] + a.size[axis] / 2, b.centre[axis] + b.size[axis] / 2);
    both *= Math.max(high - low, 0);
  }
  return both === 0 ? 0 : both / (volume(a) + volume(b) - both);
}

function volume({ size: [x, y, z] }: Box3D): number {
  return x * y * z;
}

/** Average precision of boxes of one class. */
export class BoxMetric3D {
  readonly #detections: { readonly score: number; readonly right: readonly boolean[] }[] = [];
  #objects = 0;

  /**
   * Adds a scene.
   *
   * @throws {InvalidInputError} for a score, coordinate or length that is NaN or infinite
   */
  add(detections: readonly DetectedBox3D[], truth: readonly Box3D[]): void {
    for (const { score } of detections) checkFinite('the score of a detection', score);
    for (const { centre, size } of [...detections.map(({ box }) => box), ...truth]) {
      for (const value of [...centre, ...size]) checkFinite('a box in space', value);
    }
    const surest = detections.toSorted((a, b) => b.score - a.score);
    const ious = surest.map(({ box }) => truth.map((object) => boxIou3D(box, object)));
    const candidates = truth.map(() => ({ ignored: false, crowd: false }));
    const outcomes = IOU_THRESHOLDS_3D.map((threshold) => matchDetections(ious, candidates, threshold));
    surest.forEach(({ score }, i) => {
      this.#detections.push({ score, right: outcomes.map((outcome) => outcome[i] === 'matched') });
    });
    this.#objects += truth.length;
  }

  /** The scores of all that was added. */
  result(): BoxScores3D {
    if (this.#objects === 0) return { ap: null, ap25: null };
    const ordered = this.#detections.toSorted((a, b) => b.score - a.score);
    const precisions = IOU_THRESHOLDS_3D.map((_, t) =>
      mean(
        precisionsAt(
          ordered.map(({ right }) => right[t]!),
          this.#objects,
        ),
      ),
    );
    return { ap: mean(precisions), ap25: precisions[4]! };
  }
}
