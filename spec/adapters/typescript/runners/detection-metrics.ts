/** COCO's metrics of detected boxes and masks. */
import {
  type DetectionScores,
  IOU_THRESHOLDS,
  RECALL_THRESHOLDS,
} from '../../../../src/evaluation/average-precision.js';
import { boxIou, type CocoBox } from '../../../../src/evaluation/box-matching.js';
import { DetectionMetric, InstanceSegmentationMetric } from '../../../../src/evaluation/detection.js';
import { maskIou, type RunLengths } from '../../../../src/evaluation/run-lengths.js';
import { type CocoSegmentation, segmentationToMask } from '../../../../src/evaluation/segmentations.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { type Figures, setsOf } from './sets.js';

interface CocoObject {
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: CocoBox;
  readonly segmentation: CocoSegmentation;
}

type Annotation = CocoObject & { readonly area: number; readonly iscrowd?: number };
type Detection = CocoObject & { readonly score: number };

interface CocoSet {
  readonly name: string;
  readonly images: readonly { readonly id: number; readonly width: number; readonly height: number }[];
  readonly categories: readonly { readonly id: number }[];
  readonly annotations: readonly Annotation[];
  readonly detections: readonly Detection[];
  /** The requested categories. */
  readonly expected: { readonly per_class: readonly { category_id: number }[] };
  readonly ious?: readonly { image_id: number; category_id: number }[];
}

/** Reading, overlap and area of one kind of objects. */
interface ObjectKind<Shape> {
  readonly shapeOf: (object: CocoObject, image: CocoSet['images'][number]) => Shape;
  readonly iou: (detection: Shape, truth: Shape, crowd: boolean) => number;
  readonly metric: () => ShapeMetric<Shape>;
}

interface ShapeMetric<Shape> {
  add(
    detections: { label: string; score: number; shape: Shape }[],
    truth: { label: string; area: number; crowd: boolean; shape: Shape }[],
  ): void;
  result(): DetectionScores;
}

const BOXES: ObjectKind<CocoBox> = {
  shapeOf: ({ bbox }) => bbox,
  iou: boxIou,
  metric: () => {
    const metric = new DetectionMetric();
    return {
      add: (detections, truth) =>
        metric.add(
          detections.map(({ shape, ...rest }) => ({ ...rest, box: shape })),
          truth.map(({ shape, ...rest }) => ({ ...rest, box: shape })),
        ),
      result: () => metric.result(),
    };
  },
};

const MASKS: ObjectKind<RunLengths> = {
  shapeOf: ({ segmentation }, { height, width }) => segmentationToMask(segmentation, height, width),
  iou: maskIou,
  metric: () => {
    const metric = new InstanceSegmentationMetric();
    return {
      add: (detections, truth) =>
        metric.add(
          detections.map(({ shape, ...rest }) => ({ ...rest, mask: shape })),
          truth.map(({ shape, ...rest }) => ({ ...rest, mask: shape })),
        ),
      result: () => metric.result(),
    };
  },
};

/** `eval.coco_bbox`: detections of boxes. */
export function boxMetrics(task: Inputs, out: Outputs): void {
  giveSets(task, out, BOXES);
}

/** `eval.coco_segm`: detections of masks. */
export function maskMetrics(task: Inputs, out: Outputs): void {
  giveSets(task, out, MASKS);
}

function giveSets<Shape>(task: Inputs, out: Outputs, kind: ObjectKind<Shape>): void {
  out.value('/thresholds', { iou: IOU_THRESHOLDS, recall: RECALL_THRESHOLDS });
  setsOf<CocoSet>(task).forEach((set, i) => {
    giveScores(out, `/sets/${i}/expected`, set, scoresOf(set, kind));
    giveIous(out, `/sets/${i}/ious`, set, kind);
  });
}

/** Images are in the order of their ids. Objects of categories that are not listed are ignored. */
function scoresOf<Shape>({ images, categories, annotations, detections }: CocoSet, kind: ObjectKind<Shape>) {
  const metric = kind.metric();
  const known = new Set(categories.map(({ id }) => id));
  for (const image of images.toSorted((a, b) => a.id - b.id)) {
    const here = ({ image_id, category_id }: CocoObject) => image_id === image.id && known.has(category_id);
    const objectOf = (object: CocoObject) => ({
      label: `${object.category_id}`,
      shape: kind.shapeOf(object, image),
    });
    metric.add(
      detections.filter(here).map((d) => ({ ...objectOf(d), score: d.score })),
      annotations.filter(here).map((a) => ({ ...objectOf(a), area: a.area, crowd: a.iscrowd === 1 })),
    );
  }
  return metric.result();
}

/** The official metrics are -1 if they are undefined. */
function giveScores(out: Outputs, name: string, { categories, expected }: CocoSet, scores: DetectionScores): void {
  const { perClass, ...s } = scores;
  const stats = {
    ...{ AP: s.ap, AP50: s.ap50, AP75: s.ap75, AP_small: s.apSmall, AP_medium: s.apMedium, AP_large: s.apLarge },
    ...{ AR_max1: s.ar1, AR_max10: s.ar10, AR_max100: s.ar },
    ...{ AR_small: s.arSmall, AR_medium: s.arMedium, AR_large: s.arLarge },
  };
  out.value(`${name}/stats`, orMinusOne(stats));
  expected.per_class.forEach(({ category_id }, i) => {
    const { ap = null, ap50 = null, ap75 = null, ar = null, curves = [] } = perClass.get(`${category_id}`) ?? {};
    const at = (value: (t: number) => number) => IOU_THRESHOLDS.map((_, t) => (curves[t] ? value(t) : -1));
    out.value(`${name}/per_class/${i}`, {
      ...orMinusOne({ AP: ap, AP50: ap50, AP75: ap75, AR_max100: ar }),
      AP_per_iou: at((t) => sum(curves[t]!.precisions) / RECALL_THRESHOLDS.length),
      recall_per_iou: at((t) => curves[t]!.recall),
    });
  });
  const first = Math.min(...categories.map(({ id }) => id));
  const curve = perClass.get(`${first}`)?.curves[0]?.precisions ?? RECALL_THRESHOLDS.map(() => -1);
  out.value(`${name}/precision_class0_iou50`, curve);
}

/** Maximum number of detections per image and category. */
const MAX_DETECTIONS = 100;

function giveIous<Shape>(out: Outputs, name: string, set: CocoSet, { shapeOf, iou }: ObjectKind<Shape>): void {
  (set.ious ?? []).forEach(({ image_id, category_id }, i) => {
    const image = set.images.find(({ id }) => id === image_id)!;
    const mine = (object: CocoObject) => object.image_id === image_id && object.category_id === category_id;
    const surest = set.detections.filter(mine).sort((a, b) => b.score - a.score);
    const truth = set.annotations.filter(mine);
    const rows = surest
      .slice(0, MAX_DETECTIONS)
      .map((d) => truth.map((t) => iou(shapeOf(d, image), shapeOf(t, image), t.iscrowd === 1)));
    out.value(`${name}/${i}`, { iou: rows });
  });
}

function orMinusOne(figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, value ?? -1]));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
