import { boxIou, type CocoBox } from '../../../../src/evaluation/box-matching.js';
import { DetectionMetric, IOU_THRESHOLDS, RECALL_THRESHOLDS } from '../../../../src/evaluation/detection.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison, Figures } from '../../../harness/comparison.js';

interface Box {
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: CocoBox;
}

interface BoxSet {
  readonly name: string;
  readonly images: { id: number }[];
  readonly annotations: (Box & { area: number; iscrowd: number })[];
  readonly detections: (Box & { score: number })[];
  readonly expected: { stats: Figures; per_class: ({ category_id: number } & Figures)[] };
  readonly ious?: { image_id: number; category_id: number; iou: number[][] }[];
}

interface BoxCases {
  readonly thresholds: { iou: number[]; recall: number[] };
  readonly sets: BoxSet[];
}

/** `eval.coco_bbox`: detections of boxes, measured as COCO does. */
export function boxMetrics(reference: ConformanceCase, compare: Comparison): void {
  const { thresholds, sets } = reference.json() as BoxCases;
  compare.value('thresholds.iou', [...IOU_THRESHOLDS], thresholds.iou);
  compare.value('thresholds.recall', [...RECALL_THRESHOLDS], thresholds.recall);
  for (const set of sets) {
    compareScores(compare, set);
    for (const { image_id, category_id, iou } of set.ious ?? []) {
      const mine = (box: Box) => box.image_id === image_id && box.category_id === category_id;
      const surest = set.detections.filter(mine).sort((a, b) => b.score - a.score);
      const truth = set.annotations.filter(mine);
      const ours = surest.map((d) => truth.map((t) => boxIou(d.bbox, t.bbox, t.iscrowd === 1)));
      compare.numbers(`${set.name}.ious ${image_id} ${category_id}`, ours.flat(), iou.flat());
    }
  }
}

/** The official figures have -1 where there is nothing to measure. */
function compareScores(compare: Comparison, { name, images, annotations, detections, expected }: BoxSet): void {
  const metric = new DetectionMetric();
  for (const id of images.map((image) => image.id).sort((a, b) => a - b)) {
    const here = (box: Box) => box.image_id === id;
    metric.add(
      detections.filter(here).map((d) => ({ label: `${d.category_id}`, box: d.bbox, score: d.score })),
      annotations
        .filter(here)
        .map((a) => ({ label: `${a.category_id}`, box: a.bbox, area: a.area, crowd: a.iscrowd === 1 })),
    );
  }
  const { perClass, ...s } = metric.result();
  compare.figures(
    `${name}.stats`,
    {
      AP: s.ap ?? -1,
      AP50: s.ap50 ?? -1,
      AP75: s.ap75 ?? -1,
      AP_small: s.apSmall ?? -1,
      AP_medium: s.apMedium ?? -1,
      AP_large: s.apLarge ?? -1,
      AR_max1: s.ar1 ?? -1,
      AR_max10: s.ar10 ?? -1,
      AR_max100: s.ar ?? -1,
      AR_small: s.arSmall ?? -1,
      AR_medium: s.arMedium ?? -1,
      AR_large: s.arLarge ?? -1,
    },
    expected.stats,
  );
  for (const { category_id, ...wanted } of expected.per_class) {
    const { ap, ap50, ap75, ar } = perClass.get(`${category_id}`) ?? {};
    const ours = { AP: ap ?? -1, AP50: ap50 ?? -1, AP75: ap75 ?? -1, AR_max100: ar ?? -1 };
    compare.figures(`${name}.per_class ${category_id}`, ours, wanted as Figures);
  }
}
