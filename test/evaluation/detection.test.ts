import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DetectionScores, IOU_THRESHOLDS, RECALL_THRESHOLDS } from '../../src/evaluation/average-precision.js';
import { boxIou, boxOfCorners, type CocoBox } from '../../src/evaluation/box-matching.js';
import { type DetectedObject, DetectionMetric, type TrueObject } from '../../src/evaluation/detection.js';
import { expectClose } from '../vectors.js';
import { evaluationCase } from './cases.js';

interface Annotation {
  image_id: number;
  category_id: number;
  bbox: CocoBox;
  area: number;
  iscrowd: number;
}
interface Result {
  image_id: number;
  category_id: number;
  bbox: CocoBox;
  score: number;
}
interface CocoSet {
  name: string;
  images: { id: number }[];
  annotations: Annotation[];
  detections: Result[];
  expected: {
    stats: Record<string, number>;
    per_class: { category_id: number; AP: number; AP50: number; AP75: number; AR_max100: number }[];
  };
  ious?: { image_id: number; category_id: number; iou: number[][] }[];
}
interface CocoCase {
  thresholds: { iou: number[]; recall: number[] };
  sets: CocoSet[];
}
const cases = ['coco_bbox_basic', 'coco_bbox_edge'].map((name) => evaluationCase<CocoCase>(name).json);
const sets = cases.flatMap((c) => c.sets);
const TOLERANCE = { rtol: 0, atol: 1e-9 };

const STATS = {
  AP: 'ap',
  AP50: 'ap50',
  AP75: 'ap75',
  AP_small: 'apSmall',
  AP_medium: 'apMedium',
  AP_large: 'apLarge',
  AR_max1: 'ar1',
  AR_max10: 'ar10',
  AR_max100: 'ar',
  AR_small: 'arSmall',
  AR_medium: 'arMedium',
  AR_large: 'arLarge',
} as const;

function measure({ images, annotations, detections }: CocoSet): DetectionScores {
  const metric = new DetectionMetric();
  for (const id of images.map((image) => image.id).sort((a, b) => a - b)) {
    const here = (object: { image_id: number }) => object.image_id === id;
    metric.add(
      detections.filter(here).map((d) => ({ label: `${d.category_id}`, box: d.bbox, score: d.score })),
      annotations
        .filter(here)
        .map((a) => ({ label: `${a.category_id}`, box: a.bbox, area: a.area, crowd: a.iscrowd === 1 })),
    );
  }
  return metric.result();
}

describe('box detection of the reference vectors', () => {
  test('thresholds are the very doubles', () => {
    for (const { thresholds } of cases) {
      expect(IOU_THRESHOLDS).toEqual(thresholds.iou);
      expect(RECALL_THRESHOLDS).toEqual(thresholds.recall);
    }
  });

  test.each(sets)('$name', (set) => {
    const { perClass, ...means } = measure(set);
    const stats = Object.entries(STATS);
    expectClose(
      stats.map(([, figure]) => means[figure] ?? -1),
      stats.map(([name]) => set.expected.stats[name]!),
      TOLERANCE,
      stats.map(([name]) => name).join(),
    );
    for (const expected of set.expected.per_class) {
      const { ap, ap50, ap75, ar } = perClass.get(`${expected.category_id}`) ?? {};
      const wanted = [expected.AP, expected.AP50, expected.AP75, expected.AR_max100];
      expectClose([ap ?? -1, ap50 ?? -1, ap75 ?? -1, ar ?? -1], wanted, TOLERANCE, `class ${expected.category_id}`);
    }
  });

  test.each(sets.filter(({ ious }) => ious))('overlaps of $name', ({ ious, annotations, detections }) => {
    for (const { image_id, category_id, iou } of ious!) {
      const mine = (o: Annotation | Result) => o.image_id === image_id && o.category_id === category_id;
      const surest = detections.filter(mine).sort((a, b) => b.score - a.score);
      const truth = annotations.filter(mine);
      const ours = surest.map((d) => truth.map((t) => boxIou(d.bbox, t.bbox, t.iscrowd === 1)));
      expectClose(ours.flat(), iou.flat(), TOLERANCE);
    }
  });
});

const box = fc
  .tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 1, max: 40 })))
  .map(([x, y, w, h]) => [x!, y!, w!, h!] as CocoBox);
const trueObject = fc.record({ label: fc.constantFrom('ball', 'box'), box });
const picture = fc.record({
  truth: fc.uniqueArray(trueObject, { minLength: 1, maxLength: 5, selector: ({ box: b }) => `${b}` }),
  detections: fc.array(
    fc.record({ label: fc.constantFrom('ball', 'box', 'tree'), box, score: fc.integer({ min: 0, max: 5 }) }),
    {
      maxLength: 6,
    },
  ),
});
const pictures = fc.array(picture, { minLength: 1, maxLength: 4 });

function scores(all: readonly { detections: readonly DetectedObject[]; truth: readonly TrueObject[] }[]) {
  const metric = new DetectionMetric();
  for (const { detections, truth } of all) metric.add(detections, truth);
  return metric.result();
}

/** Every run evaluates whole sets, at ten thresholds and four sizes. */
const RUNS = { numRuns: 20 };

describe('detection metrics', () => {
  test('the true boxes are perfect, however sure each is', () => {
    fc.assert(
      fc.property(pictures, fc.integer({ min: 1, max: 9 }), (all, divisor) => {
        const perfect = all.map(({ truth }) => ({
          truth,
          detections: truth.map((object, i) => ({ ...object, score: i % divisor })),
        }));
        const { ap, ap50, ar } = scores(perfect);
        expect(ap).toBeCloseTo(1, 12);
        expect([ap50, ar]).toEqual([1, 1]);
      }),
      RUNS,
    );
  });

  test('figures lie in 0…1, AP50 is at least AP, and only the order of scores counts', () => {
    fc.assert(
      fc.property(pictures, (all) => {
        const before = scores(all);
        for (const figure of [before.ap!, before.ap50!, before.ar!, before.ar1!])
          expect(figure >= 0 && figure <= 1).toBe(true);
        expect(before.ap50! - before.ap!).toBeGreaterThanOrEqual(-1e-12);
        const rescored = all.map(({ truth, detections }) => ({
          truth,
          detections: detections.map((d) => ({ ...d, score: d.score * 0.1 - 7 })),
        }));
        expect(scores(rescored)).toEqual(before);
      }),
      RUNS,
    );
  });

  test('detections of a class that never occurs change no mean', () => {
    fc.assert(
      fc.property(pictures, (all) => {
        const known = all.map(({ truth, detections }) => ({
          truth,
          detections: detections.filter(({ label }) => label !== 'tree'),
        }));
        const { perClass: _with, ...withTrees } = scores(all);
        const { perClass: _without, ...withoutTrees } = scores(known);
        expect(withTrees).toEqual(withoutTrees);
      }),
      RUNS,
    );
  });

  test('overlap does not depend on which box comes first, and is 1 only for equal boxes', () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        expect(boxIou(a, b)).toBe(boxIou(b, a));
        expect(boxIou(a, b) === 1).toBe(a.every((value, i) => value === b[i]));
      }),
    );
  });

  test('nothing at all has no figures', () => {
    expect(new DetectionMetric().result()).toMatchObject({ ap: null, ap50: null, ar: null, perClass: new Map() });
  });

  test('boxes may be given by corners', () => {
    expect(boxOfCorners({ xmin: 1, ymin: 2, xmax: 4, ymax: 8 })).toEqual([1, 2, 3, 6]);
  });

  test('refuses NaN', () => {
    const detection = { label: 'ball', box: [0, 0, 1, 1] as const, score: Number.NaN };
    expect(() => new DetectionMetric().add([detection], [])).toThrow('must be a finite number, not NaN');
  });
});
