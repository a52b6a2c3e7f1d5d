import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FactMetric } from '../../src/evaluation/fact-errors.js';
import { FeatureMetric } from '../../src/evaluation/feature-error.js';
import { paletteDifference } from '../../src/evaluation/palettes.js';

describe('FeatureMetric', () => {
  it('gives the mean squared error and the mean cosine of vectors', () => {
    const metric = new FeatureMetric();
    metric.add([1, 0, 0, 3], [0, 1, 0, 3], 2);
    // (1 + 1) / 2 and 0; cosines 0 and 1.
    expect(metric.result()).toEqual({ squaredError: 0.5, cosine: 0.5 });
    expect(metric.vectors).toBe(2);
  });

  it('rejects inputs that it cannot compare', () => {
    const metric = new FeatureMetric();
    expect(() => metric.result()).toThrow('has no samples');
    expect(() => metric.add([1], [1, 2], 2)).toThrow('values');
    expect(() => metric.add([Number.NaN], [1], 1)).toThrow('finite');
  });
});

describe('FactMetric', () => {
  it('gives the sum of the errors over the sum of the truth, fact by fact', () => {
    const metric = new FactMetric();
    metric.add({ humans: 1, width: 100 }, { humans: 0, width: 200 });
    metric.add({ width: 100 }, { humans: 2, width: 100 });
    expect(metric.relativeErrors()).toEqual(
      new Map([
        ['humans', 3 / 2],
        ['width', 100 / 300],
      ]),
    );
    expect(metric.result()).toBeCloseTo((3 / 2 + 1 / 3) / 2, 12);
  });

  it('leaves out facts that are 0 everywhere, and has no figure of none', () => {
    const metric = new FactMetric();
    metric.add({ humans: 1 }, { humans: 0 });
    expect(metric.result()).toBeNull();
  });
});

describe('paletteDifference', () => {
  const colour = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 0, max: 255 }))) as fc.Arbitrary<
    [number, number, number]
  >;
  const palette = fc.array(colour, { minLength: 1, maxLength: 7 });

  it('is CIEDE2000 of single colours, and the most without a colour', () => {
    // Black and white differ by 100 in lightness alone.
    expect(paletteDifference([[0, 0, 0]], [[255, 255, 255]])).toBeCloseTo(100, 1);
    expect(paletteDifference([], [[1, 2, 3]])).toBe(100);
    expect(paletteDifference([], [])).toBe(0);
    expect(
      paletteDifference(
        [[255, 0, 0]],
        [
          [255, 0, 0],
          [0, 0, 255],
        ],
      ),
    ).toBeGreaterThan(10);
  });

  it('does not depend on order or direction, and is 0 for equal ones', () => {
    fc.assert(
      fc.property(palette, palette, (a, b) => {
        expect(paletteDifference(a, [...a].reverse())).toBeCloseTo(0, 9);
        expect(paletteDifference(a, b)).toBeCloseTo(paletteDifference(b, [...a].reverse()), 9);
      }),
    );
  });
});
