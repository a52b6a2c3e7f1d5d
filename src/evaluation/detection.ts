import { AveragePrecisionMetric, type DetectionScores } from './average-precision.js';
import { boxIou, type CocoBox } from './box-matching.js';
import { checkFinite } from './checks.js';
import { maskArea, maskIou, type RunLengths } from './run-lengths.js';

/** A predicted box. */
export interface DetectedObject {
  readonly label: string;
  readonly box: CocoBox;
  /** Confidence. Only the order counts; of equal ones, those added earlier go first. */
  readonly score: number;
}

/** A ground-truth box. */
export interface TrueObject {
  readonly label: string;
  readonly box: CocoBox;
  /** Decides whether it counts as small, medium or large; the area of the box if not given. */
  readonly area?: number;
  /** A region of many objects; its detections are ignored. */
  readonly crowd?: boolean;
}

/** {@link DetectedObject} with a mask. */
export type DetectedMask = Omit<DetectedObject, 'box'> & { readonly mask: RunLengths };
/** {@link TrueObject} with a mask. */
export type TrueMask = Omit<TrueObject, 'box'> & { readonly mask: RunLengths };

/** Average precision and recall of boxes (`iouType='bbox'` of pycocotools). Images are added in the order of their ids. */
export class DetectionMetric {
  readonly #precision = new AveragePrecisionMetric<CocoBox>({
    iou: boxIou,
    area: ([, , width, height]) => width * height,
  });

  /**
   * Adds an image.
   *
   * @param detections all detections of the image
   * @param truth      all true objects of the image
   * @throws {InvalidInputError} for a score, coordinate or area that is NaN or infinite
   */
  add(detections: readonly DetectedObject[], truth: readonly TrueObject[]): void {
    for (const value of detections.flatMap(({ box }) => [...box])) checkFinite('the box of a detection', value);
    for (const value of truth.flatMap(({ box }) => [...box])) checkFinite('the box of a true object', value);
    this.#precision.add(
      detections.map(({ box, ...object }) => ({ ...object, shape: box })),
      truth.map(({ box, ...object }) => ({ ...object, shape: box })),
    );
  }

  /** The scores of all that was added. */
  result(): DetectionScores {
    return this.#precision.result();
  }
}

/** Average precision and recall of masks (`iouType='segm'` of pycocotools). Images are added in the order of their ids. */
export class InstanceSegmentationMetric {
  readonly #precision = new AveragePrecisionMetric<RunLengths>({ iou: maskIou, area: maskArea });

  /**
   * Adds an image.
   *
   * @throws {InvalidInputError} for a score or area that is NaN or infinite, or masks of different sizes
   */
  add(detections: readonly DetectedMask[], truth: readonly TrueMask[]): void {
    this.#precision.add(
      detections.map(({ mask, ...object }) => ({ ...object, shape: mask })),
      truth.map(({ mask, ...object }) => ({ ...object, shape: mask })),
    );
  }

  /** The scores of all that was added. */
  result(): DetectionScores {
    return this.#precision.result();
  }
}
