/** Average precision and recall of detections, as COCO evaluation (pycocotools) computes them. */
import { matchDetections } from './box-matching.js';
import { checkFinite } from './checks.js';
import { mean } from './statistics.js';

/** A detected object. */
export interface Detected<Shape> {
  readonly label: string;
  readonly shape: Shape;
  /** Confidence. Only the order counts; of equal ones, those added earlier go first. */
  readonly score: number;
}

/** A ground-truth object. */
export interface Annotated<Shape> {
  readonly label: string;
  readonly shape: Shape;
  /** Decides whether it counts as small, medium or large; the area of the shape if not given. */
  readonly area?: number | undefined;
  /** A region of many objects; its detections are ignored. */
  readonly crowd?: boolean | undefined;
}

/** Operations on shapes that the metric needs. */
export interface ShapeRules<Shape> {
  /** Intersection over union; with a crowd, intersection over the detection's area. */
  readonly iou: (detection: Shape, truth: Shape, crowd: boolean) => number;
  readonly area: (shape: Shape) => number;
}

/** Detection metrics, 0…1; 1 is perfect. Null where there is no true object to be measured on (−1 in pycocotools). */
export interface DetectionScores extends ClassDetectionScores {
  /** AP of objects with areas up to 32², from there to 96², and above, in square pixels. */
  readonly apSmall: number | null;
  readonly apMedium: number | null;
  readonly apLarge: number | null;
  /** AR of at most 1 and at most 10 detections per image and class. */
  readonly ar1: number | null;
  readonly ar10: number | null;
  readonly arSmall: number | null;
  readonly arMedium: number | null;
  readonly arLarge: number | null;
  /** The metrics and the curves of every label that has been added, in the order of the labels. */
  readonly perClass: ReadonlyMap<string, ClassDetectionScores & { readonly curves: readonly PrecisionCurve[] }>;
}

/** Metrics of one class, or their means over the classes that have true objects. */
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

/** Precision and recall of a class at one IoU threshold. */
export interface PrecisionCurve {
  /** Precision at each of the {@link RECALL_THRESHOLDS}; 0 where the recall is not reached. */
  readonly precisions: readonly number[];
  /** Share of the objects that are found. */
  readonly recall: number;
}

/** IoU thresholds 0.50, 0.55 … 0.95, as numpy spaces them. */
export const IOU_THRESHOLDS: readonly number[] = Array.from({ length: 10 }, (_, i) => 0.5 + i * ((0.95 - 0.5) / 9));
/** Recalls that precision is read at: 0, 0.01 … 1. */
export const RECALL_THRESHOLDS: readonly number[] = Array.from({ length: 101 }, (_, i) => i * 0.01);
/** The smallest and the largest area of each size, both included. */
const AREAS = { all: [0, 1e10], small: [0, 32 ** 2], medium: [32 ** 2, 96 ** 2], large: [96 ** 2, 1e10] } as const;
/** Maximum detections of a class per image; those with lower scores are dropped. */
const MAX_DETECTIONS = 100;

type Size = keyof typeof AREAS;
const SIZES = Object.keys(AREAS) as Size[];

/** A matched detection. */
interface Judged {
  readonly score: number;
  /** Its rank within its image and class. */
  readonly rank: number;
  /** At each IoU threshold: true or false positive, or ignored (null). */
  readonly right: readonly (boolean | null)[];
}

/** The objects of a class that have one size, and its detections. */
interface Tally {
  objects: number;
  readonly detections: Judged[];
}

/** Collects the detections of images, which are added in the order of their ids: ties between scores are broken by it. */
export class AveragePrecisionMetric<Shape> {
  readonly #rules: ShapeRules<Shape>;
  readonly #classes = new Map<string, Record<Size, Tally>>();

  constructor(rules: ShapeRules<Shape>) {
    this.#rules = rules;
  }

  /**
   * Adds an image.
   *
   * @param detections all detections of the image
   * @param truth      all true objects of the image
   * @throws {InvalidInputError} for a score or area that is NaN or infinite
   */
  add(detections: readonly Detected<Shape>[], truth: readonly Annotated<Shape>[]): void {
    for (const { score } of detections) checkFinite('the score of a detection', score);
    for (const { area = 0 } of truth) checkFinite('the area of a true object', area);
    for (const label of new Set([...detections, ...truth].map((object) => object.label))) {
      const mine = (object: { label: string }) => object.label === label;
      this.#addClass(this.#talliesOf(label), detections.filter(mine), truth.filter(mine));
    }
  }

  /** The scores of all that was added. */
  result(): DetectionScores {
    const labels = [...this.#classes.keys()].sort();
    const curves = (size: Size, maxDetections?: number) =>
      labels.map((label) => curvesOf(this.#classes.get(label)![size], maxDetections));
    const all = curves('all');
    const scores = (size: Size, maxDetections?: number) => meanScores(curves(size, maxDetections).map(scoresOf));
    const [small, medium, large] = [scores('small'), scores('medium'), scores('large')];
    return {
      ...meanScores(all.map(scoresOf)),
      ar1: scores('all', 1).ar,
      ar10: scores('all', 10).ar,
      apSmall: small.ap,
      apMedium: medium.ap,
      apLarge: large.ap,
      arSmall: small.ar,
      arMedium: medium.ar,
      arLarge: large.ar,
      perClass: new Map(labels.map((label, i) => [label, { ...scoresOf(all[i]!), curves: all[i]! }])),
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

  #addClass(
    tallies: Record<Size, Tally>,
    detections: readonly Detected<Shape>[],
    truth: readonly Annotated<Shape>[],
  ): void {
    const { iou, area } = this.#rules;
    const surest = detections.toSorted((a, b) => b.score - a.score).slice(0, MAX_DETECTIONS);
    const ious = surest.map(({ shape }) => truth.map((object) => iou(shape, object.shape, object.crowd === true)));
    const detectedAreas = surest.map(({ shape }) => area(shape));
    const trueAreas = truth.map((object) => object.area ?? area(object.shape));
    for (const size of SIZES) {
      const [least, largest] = AREAS[size];
      const hasSize = (pixels: number) => pixels >= least && pixels <= largest;
      const candidates = truth.map(({ crowd = false }, t) => ({ crowd, ignored: crowd || !hasSize(trueAreas[t]!) }));
      const outcomes = IOU_THRESHOLDS.map((threshold) => matchDetections(ious, candidates, threshold));
      const tally = tallies[size];
      tally.objects += candidates.filter(({ ignored }) => !ignored).length;
      surest.forEach(({ score }, rank) => {
        const worth = {
          matched: true,
          'matched-ignored': null,
          unmatched: hasSize(detectedAreas[rank]!) ? false : null,
        };
        tally.detections.push({ score, rank, right: outcomes.map((outcome) => worth[outcome[rank]!]) });
      });
    }
  }
}

/** The curves of a class at each IoU threshold, of the `maxDetections` most confident detections of each image; none without true objects. */
function curvesOf({ objects, detections }: Tally, maxDetections = MAX_DETECTIONS): PrecisionCurve[] {
  if (objects === 0) return [];
  const ordered = detections.filter(({ rank }) => rank < maxDetections).sort((a, b) => b.score - a.score);
  return IOU_THRESHOLDS.map((_, t) => {
    const judged = ordered.map(({ right }) => right[t]!).filter((right) => right !== null);
    return { precisions: precisionsAt(judged, objects), recall: judged.filter(Boolean).length / objects };
  });
}

function scoresOf(curves: readonly PrecisionCurve[]): ClassDetectionScores {
  if (curves.length === 0) return { ap: null, ap50: null, ap75: null, ar: null };
  const precisions = curves.map((curve) => mean(curve.precisions));
  return {
    ap: mean(precisions),
    ap50: precisions[0]!,
    ap75: precisions[5]!,
    ar: mean(curves.map(({ recall }) => recall)),
  };
}

/**
 * The precision at each of the {@link RECALL_THRESHOLDS}: the best at this recall or a higher one, and 0 where the recall
 * is not reached.
 *
 * @param right   of each detection, in order of confidence
 * @param objects number of true objects
 */
export function precisionsAt(right: readonly boolean[], objects: number): number[] {
  let found = 0;
  const recalls: number[] = [];
  const precisions = right.map((isRight, i) => {
    if (isRight) found++;
    recalls.push(found / objects);
    return found / (i + 1);
  });
  for (let i = precisions.length - 2; i >= 0; i--) precisions[i] = Math.max(precisions[i]!, precisions[i + 1]!);
  let at = 0;
  return RECALL_THRESHOLDS.map((threshold) => {
    while (at < recalls.length && recalls[at]! < threshold) at++;
    return precisions[at] ?? 0;
  });
}

/** The means over the classes that have scores. */
function meanScores(classes: readonly ClassDetectionScores[]): ClassDetectionScores {
  const meanOf = (figure: keyof ClassDetectionScores) => {
    const existing = classes.map((scores) => scores[figure]).filter((value) => value !== null);
    return existing.length === 0 ? null : mean(existing);
  };
  return { ap: meanOf('ap'), ap50: meanOf('ap50'), ap75: meanOf('ap75'), ar: meanOf('ar') };
}
