import { boxIou, type CocoBox, matchBoxes } from './box-matching.js';
import { checkFinite } from './checks.js';
import { mean } from './statistics.js';

/** A box that a model gives. */
export interface DetectedObject {
  readonly label: string;
  readonly box: CocoBox;
  /** How sure the model is. Only the order counts; of equally sure ones, those added earlier go first. */
  readonly score: number;
}

/** A box that is there. */
export interface TrueObject {
  readonly label: string;
  readonly box: CocoBox;
  /** What its size is judged by; the area of the box if not given. */
  readonly area?: number;
  /** A region of many objects: finding it is neither right nor wrong. */
  readonly crowd?: boolean;
}

/** Detection figures, 0…1; 1 is perfect. Null is what has no true object to be measured on (−1 in pycocotools). */
export interface DetectionScores extends ClassDetectionScores {
  /** AP of objects with areas up to 32², from there to 96², and above, in square pixels. */
  readonly apSmall: number | null;
  readonly apMedium: number | null;
  readonly apLarge: number | null;
  /** AR of at most 1 and at most 10 detections a picture and class. */
  readonly ar1: number | null;
  readonly ar10: number | null;
  readonly arSmall: number | null;
  readonly arMedium: number | null;
  readonly arLarge: number | null;
  /** The figures of every label that has been added, in the order of the labels. */
  readonly perClass: ReadonlyMap<string, ClassDetectionScores>;
}

/** Figures of one class, or their means over the classes that have true objects. */
export interface ClassDetectionScores {
  /** Average precision, the mean over IoU thresholds from 0.5 to 0.95. */
  readonly ap: number | null;
  /** Average precision at an IoU of 0.5. */
  readonly ap50: number | null;
  /** Average precision at an IoU of 0.75. */
  readonly ap75: number | null;
  /** Average recall: the share of objects that are found, the mean over the same thresholds. */
  readonly ar: number | null;
}

/** IoU thresholds 0.50, 0.55 … 0.95, as numpy spaces them. */
export const IOU_THRESHOLDS: readonly number[] = Array.from({ length: 10 }, (_, i) => 0.5 + i * ((0.95 - 0.5) / 9));
/** Recalls that precision is read at: 0, 0.01 … 1. */
export const RECALL_THRESHOLDS: readonly number[] = Array.from({ length: 101 }, (_, i) => i * 0.01);
/** The smallest and the largest area of each size, both included. */
const AREAS = { all: [0, 1e10], small: [0, 32 ** 2], medium: [32 ** 2, 96 ** 2], large: [96 ** 2, 1e10] } as const;
/** The most detections of a class in a picture; less sure ones are left out. */
const MAX_DETECTIONS = 100;

type Size = keyof typeof AREAS;
const SIZES = Object.keys(AREAS) as Size[];

/** A detection that has been judged. */
interface Judged {
  readonly score: number;
  /** How many of the same picture and class go before it. */
  readonly rank: number;
  /** At each IoU threshold: right, wrong, or (null) neither. */
  readonly right: readonly (boolean | null)[];
}

/** What has been seen of a class, looking at objects of one size. */
interface Tally {
  objects: number;
  readonly detections: Judged[];
}

/**
 * Average precision and recall of boxes, as COCO evaluation (pycocotools, `iouType='bbox'`) computes them. Pictures are
 * added in the order of their ids, which is what ties between equally sure detections are broken by.
 */
export class DetectionMetric {
  readonly #classes = new Map<string, Record<Size, Tally>>();

  /**
   * Adds a picture.
   *
   * @param detections all detections of the picture
   * @param truth      all true objects of the picture
   * @throws {InvalidInputError} for a score, coordinate or area that is NaN or infinite
   */
  add(detections: readonly DetectedObject[], truth: readonly TrueObject[]): void {
    for (const { score, box } of detections) checkAllFinite('the score and the box of a detection', [score, ...box]);
    for (const { area = 0, box } of truth) checkAllFinite('the area and the box of a true object', [area, ...box]);
    for (const label of new Set([...detections, ...truth].map((object) => object.label))) {
      const mine = (object: { label: string }) => object.label === label;
      this.#addClass(this.#talliesOf(label), detections.filter(mine), truth.filter(mine));
    }
  }

  /** The scores of all that was added. */
  result(): DetectionScores {
    const labels = [...this.#classes.keys()].sort();
    const curves = (size: Size, most?: number) => labels.map((label) => curve(this.#classes.get(label)![size], most));
    const all = curves('all');
    const [small, medium, large] = [
      meanCurve(curves('small')),
      meanCurve(curves('medium')),
      meanCurve(curves('large')),
    ];
    return {
      ...meanCurve(all),
      ar1: meanCurve(curves('all', 1)).ar,
      ar10: meanCurve(curves('all', 10)).ar,
      apSmall: small.ap,
      apMedium: medium.ap,
      apLarge: large.ap,
      arSmall: small.ar,
      arMedium: medium.ar,
      arLarge: large.ar,
      perClass: new Map(labels.map((label, i) => [label, all[i]!])),
    };
  }

  #talliesOf(label: string): Record<Size, Tally> {
    let tallies = this.#classes.get(label);
    if (!tallies) {
      const empty = () => ({ objects: 0, detections: [] });
      tallies = { all: empty(), small: empty(), medium: empty(), large: empty() };
      this.#classes.set(label, tallies);
    }
    return tallies;
  }

  #addClass(tallies: Record<Size, Tally>, detections: readonly DetectedObject[], truth: readonly TrueObject[]): void {
    const surest = detections.toSorted((a, b) => b.score - a.score).slice(0, MAX_DETECTIONS);
    const ious = surest.map(({ box }) => truth.map((object) => boxIou(box, object.box, object.crowd)));
    for (const size of SIZES) {
      const [least, most] = AREAS[size];
      const hasSize = ({ box, area = box[2] * box[3] }: TrueObject) => area >= least && area <= most;
      const candidates = truth.map((object) => {
        const crowd = object.crowd === true;
        return { crowd, ignored: crowd || !hasSize(object) };
      });
      const outcomes = IOU_THRESHOLDS.map((threshold) => matchBoxes(ious, candidates, threshold));
      const tally = tallies[size];
      tally.objects += candidates.filter(({ ignored }) => !ignored).length;
      surest.forEach(({ score, label, box }, rank) => {
        const wrong = hasSize({ label, box }) ? false : null;
        const worth = { matched: true, 'matched-ignored': null, unmatched: wrong };
        tally.detections.push({ score, rank, right: outcomes.map((outcome) => worth[outcome[rank]!]) });
      });
    }
  }
}

/** The figures of a class, of the `most` surest detections in each picture. */
function curve({ objects, detections }: Tally, most = MAX_DETECTIONS): ClassDetectionScores {
  if (objects === 0) return { ap: null, ap50: null, ap75: null, ar: null };
  const ordered = detections.filter(({ rank }) => rank < most).sort((a, b) => b.score - a.score);
  const points = IOU_THRESHOLDS.map((_, t) => {
    const judged = ordered.map(({ right }) => right[t]!).filter((right) => right !== null);
    return { precision: averagePrecision(judged, objects), recall: judged.filter(Boolean).length / objects };
  });
  const precisions = points.map(({ precision }) => precision);
  return {
    ap: mean(precisions),
    ap50: precisions[0]!,
    ap75: precisions[5]!,
    ar: mean(points.map(({ recall }) => recall)),
  };
}

/**
 * The mean precision at {@link RECALL_THRESHOLDS}, where the precision at a recall is the best that is had at this recall
 * or a higher one, and 0 where the recall is not reached.
 *
 * @param right   of each detection, the surest first
 * @param objects how many there are to be found
 */
function averagePrecision(right: readonly boolean[], objects: number): number {
  let found = 0;
  const recalls: number[] = [];
  const precisions = right.map((isRight, i) => {
    if (isRight) found++;
    recalls.push(found / objects);
    return found / (i + 1);
  });
  for (let i = precisions.length - 2; i >= 0; i--) precisions[i] = Math.max(precisions[i]!, precisions[i + 1]!);
  let at = 0;
  const read = RECALL_THRESHOLDS.map((threshold) => {
    while (at < recalls.length && recalls[at]! < threshold) at++;
    return precisions[at] ?? 0;
  });
  return mean(read);
}

function checkAllFinite(what: string, values: readonly number[]): void {
  for (const value of values) checkFinite(what, value);
}

/** The means over the classes that have figures. */
function meanCurve(classes: readonly ClassDetectionScores[]): ClassDetectionScores {
  const meanOf = (figure: keyof ClassDetectionScores) => {
    const existing = classes.map((scores) => scores[figure]).filter((value) => value !== null);
    return existing.length === 0 ? null : mean(existing);
  };
  return { ap: meanOf('ap'), ap50: meanOf('ap50'), ap75: meanOf('ap75'), ar: meanOf('ar') };
}
