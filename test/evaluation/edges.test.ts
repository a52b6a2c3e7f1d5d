import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdgeMetric } from '../../src/evaluation/edges.js';

const maps = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([width, height]) => {
  const map = fc.array(fc.boolean().map(Number), { minLength: width * height, maxLength: width * height });
  return fc.tuple(map, map, fc.constant(width));
});

function scores(predicted: readonly number[], truth: readonly number[], width: number, tolerance: number) {
  const metric = new EdgeMetric(tolerance);
  metric.add(predicted, truth, width);
  return metric.result();
}

describe('EdgeMetric', () => {
  it('counts edge pixels, exactly or with a tolerance', () => {
    const truth = [0, 1, 0, 0, 1, 0, 0, 1, 0];
    const shifted = [1, 0, 0, 1, 0, 0, 1, 0, 0];
    expect(scores(shifted, truth, 3, 0)).toEqual({ precision: 0, recall: 0, f1: 0 });
    expect(scores(shifted, truth, 3, 1)).toEqual({ precision: 1, recall: 1, f1: 1 });
    expect(scores([0, 1, 0, 0, 1, 0, 0, 0, 1], truth, 3, 0)).toMatchObject({ precision: 2 / 3, recall: 2 / 3 });
    // The last pixel of a row and the first of the next are no neighbours.
    expect(scores([0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], 3, 1).f1).toBe(0);
  });

  it('is F1 of the sets of pixels without tolerance, and never falls with more', () => {
    fc.assert(
      fc.property(maps, ([predicted, truth, width]) => {
        const count = (map: readonly number[]) => map.filter(Boolean).length;
        const both = predicted.filter((p, i) => p && truth[i]).length;
        const total = count(predicted) + count(truth);
        const exact = scores(predicted, truth, width, 0);
        if (total === 0) expect(exact.f1).toBeNull();
        else expect(exact.f1).toBeCloseTo((2 * both) / total, 12);
        if (total > 0) expect(scores(predicted, truth, width, 1).f1!).toBeGreaterThanOrEqual(exact.f1! - 1e-12);
      }),
    );
  });

  it('refuses maps of different sizes', () => {
    expect(() => scores([0, 1], [1], 1, 0)).toThrow('has 2 values, but the truth 1');
  });
});
