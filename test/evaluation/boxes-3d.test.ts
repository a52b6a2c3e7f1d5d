import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { type Box3D, BoxMetric3D, boxIou3D, IOU_THRESHOLDS_3D } from '../../src/evaluation/boxes-3d.js';

const box = (x: number, size = 1): Box3D => ({ centre: [x, 0, 5], size: [size, size, size] });

describe('boxIou3D', () => {
  it('is the shared volume over that of both together', () => {
    expect(boxIou3D(box(0), box(0))).toBe(1);
    expect(boxIou3D(box(0), box(0.5))).toBeCloseTo(1 / 3, 12);
    expect(boxIou3D(box(0), box(0, 2))).toBeCloseTo(1 / 8, 12);
    expect(boxIou3D(box(0), box(1))).toBe(0);
    expect(boxIou3D(box(0, 0), box(0, 0))).toBe(0);
  });

  it('is symmetric, and does not change when both boxes move or grow together', () => {
    const number = fc.double({ min: -2, max: 2, noNaN: true });
    const length = fc.double({ min: 0.1, max: 3, noNaN: true });
    const any = fc.record({ centre: fc.tuple(number, number, number), size: fc.tuple(length, length, length) });
    fc.assert(
      fc.property(any, any, number, length, (a, b, shift, factor) => {
        const moved = ({ centre: [x, y, z], size: [w, h, d] }: Box3D): Box3D => ({
          centre: [(x + shift) * factor, y * factor, z * factor],
          size: [w * factor, h * factor, d * factor],
        });
        const iou = boxIou3D(a, b);
        expect(boxIou3D(b, a)).toBeCloseTo(iou, 12);
        expect(boxIou3D(moved(a), moved(b))).toBeCloseTo(iou, 9);
        expect(iou).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('BoxMetric3D', () => {
  it('has the thresholds of Omni3D', () => {
    expect(IOU_THRESHOLDS_3D.map((threshold) => threshold.toFixed(2))).toEqual([
      ...['0.05', '0.10', '0.15', '0.20', '0.25', '0.30', '0.35', '0.40', '0.45', '0.50'],
    ]);
  });

  it('is 1 for perfect boxes, and counts an overlap of a third at six of ten thresholds', () => {
    const perfect = new BoxMetric3D();
    perfect.add([{ box: box(0), score: 0.1 }], [box(0)]);
    perfect.add([{ box: box(3), score: 0.9 }], [box(3)]);
    expect(perfect.result()).toEqual({ ap: 1, ap25: 1 });
    const near = new BoxMetric3D();
    near.add([{ box: box(0.5), score: 1 }], [box(0)]);
    expect(near.result().ap).toBeCloseTo(0.6, 12);
    expect(near.result().ap25).toBe(1);
  });

  it('a false box costs precision only if it is surer than right ones, and an object is found once', () => {
    const score = (wrong: number) => {
      const metric = new BoxMetric3D();
      const detections = [
        { box: box(0), score: 0.5 },
        { box: box(9), score: wrong },
      ];
      metric.add(detections, [box(0)]);
      metric.add([{ box: box(9), score: wrong }], []);
      return metric.result().ap;
    };
    expect(score(0.1)).toBe(1);
    expect(score(0.9)).toBeCloseTo(1 / 3, 12);
    const twice = new BoxMetric3D();
    twice.add(
      [0.9, 0.8].map((score) => ({ box: box(0), score })),
      [box(0), box(5)],
    );
    expect(twice.result().ap25).toBeCloseTo(51 / 101, 12);
  });

  it('has no figures without true boxes, and takes none that are not finite', () => {
    const metric = new BoxMetric3D();
    expect(metric.result()).toEqual({ ap: null, ap25: null });
    metric.add([{ box: box(0), score: 1 }], []);
    expect(metric.result()).toEqual({ ap: null, ap25: null });
    expect(() => metric.add([{ box: box(Number.NaN), score: 1 }], [])).toThrow(InvalidInputError);
    expect(() => metric.add([{ box: box(0), score: Number.NaN }], [])).toThrow(/score of a detection/);
  });
});
