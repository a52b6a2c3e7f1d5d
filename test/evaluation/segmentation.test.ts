import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { SegmentationMetric } from '../../src/evaluation/segmentation.js';
import { evaluationCase } from './cases.js';

interface SegmentationSet {
  name: string;
  num_classes: number;
  ignore_index: number;
  n_images: number;
  expected: {
    miou: number | null;
    pixel_accuracy: number;
    iou: (number | null)[];
    class_accuracy: (number | null)[];
    per_image: { miou: number | null; pixel_accuracy: number }[];
  };
}
const { json, read } = evaluationCase<{ sets: SegmentationSet[] }>('semseg');

function expectEqual(actual: readonly (number | null)[], expected: readonly (number | null)[]) {
  expect(actual.map((value) => value === null)).toEqual(expected.map((value) => value === null));
  actual.forEach((value, i) => {
    if (value !== null) expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-12);
  });
}

test.each(json.sets)('segmentations of the reference vectors: $name', (set) => {
  const all = new SegmentationMetric(set.num_classes, set.ignore_index);
  for (let i = 0; i < set.n_images; i++) {
    const maps = [read(`in.${set.name}.pred${i}`), read(`in.${set.name}.gt${i}`)] as const;
    const one = new SegmentationMetric(set.num_classes, set.ignore_index);
    one.add(...maps);
    all.add(...maps);
    const { miou, pixel_accuracy } = set.expected.per_image[i]!;
    if (miou === null) expect(() => one.result()).toThrow(InvalidInputError);
    else expectEqual([one.result().meanIou, one.result().pixelAccuracy], [miou, pixel_accuracy]);
  }
  if (set.expected.miou === null) {
    expect(() => all.result()).toThrow(InvalidInputError);
    return;
  }
  const { meanIou, pixelAccuracy, classIou, classAccuracy, confusion } = all.result();
  expect(Array.from(confusion)).toEqual(read(`out.${set.name}.confusion`));
  expectEqual([meanIou, pixelAccuracy], [set.expected.miou, set.expected.pixel_accuracy]);
  expectEqual(classIou, set.expected.iou);
  expectEqual(classAccuracy, set.expected.class_accuracy);
});

const CLASSES = 4;
const classId = fc.integer({ min: 0, max: CLASSES - 1 });
const pixels = fc.array(fc.tuple(classId, classId), { minLength: 1, maxLength: 40 });

function scores(pairs: readonly (readonly [number, number])[]) {
  const metric = new SegmentationMetric(CLASSES);
  metric.add(
    pairs.map(([p]) => p),
    pairs.map(([, t]) => t),
  );
  return metric.result();
}

describe('segmentation metrics', () => {
  test('the truth itself is perfect', () => {
    fc.assert(
      fc.property(pixels, (pairs) => {
        const { meanIou, pixelAccuracy } = scores(pairs.map(([, t]) => [t, t]));
        expect([meanIou, pixelAccuracy]).toEqual([1, 1]);
      }),
    );
  });

  test('renaming the classes changes no mean, and the figures stay in 0…1', () => {
    fc.assert(
      fc.property(pixels, (pairs) => {
        const before = scores(pairs);
        const after = scores(pairs.map(([p, t]) => [(p + 1) % CLASSES, (t + 1) % CLASSES]));
        expect(after.meanIou).toBeCloseTo(before.meanIou, 12);
        expect(after.pixelAccuracy).toBe(before.pixelAccuracy);
        for (const figure of [before.meanIou, before.pixelAccuracy]) expect(figure >= 0 && figure <= 1).toBe(true);
      }),
    );
  });

  test('the result does not depend on the division of pixels into pictures', () => {
    fc.assert(
      fc.property(pixels, (pairs) => {
        const metric = new SegmentationMetric(CLASSES);
        for (const [p, t] of pairs) metric.add([p], [t]);
        expect(metric.result()).toEqual(scores(pairs));
      }),
    );
  });

  test('refuses true classes that do not exist and maps of different sizes', () => {
    const metric = new SegmentationMetric(CLASSES);
    expect(() => metric.add([0], [4])).toThrow('a true class id must be a whole number from 0 to 3, not 4');
    expect(() => metric.add([0], [0, 1])).toThrow(InvalidInputError);
  });
});
