import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { DepthMetric } from '../../src/evaluation/depth.js';
import { alignDepth, DEPTH_ALIGNMENTS, type DepthAlignment } from '../../src/evaluation/depth-alignment.js';
import { expectClose } from '../vectors.js';
import { evaluationCase } from './cases.js';

interface Figures {
  absrel: number | null;
  rmse: number | null;
  mae: number | null;
  delta1: number | null;
}
interface DepthSet {
  name: string;
  n_images: number;
  expected: Record<string, { per_image: Figures[]; mean: Figures }>;
}
const { json, read } = evaluationCase<{ sets: DepthSet[] }>('depth');
const TOLERANCE = { rtol: 1e-7, atol: 1e-9 };
const NAMES: Record<string, DepthAlignment> = {
  none: 'none',
  lstsq: 'scale-and-shift',
  scale_lstsq: 'scale',
  median_scale: 'median-scale',
  median_mad: 'median-deviation',
  median_meanad: 'mean-deviation',
  disparity_lstsq: 'disparity',
};

function picture(set: string, i: number) {
  return [read(`in.${set}.pred${i}`), read(`in.${set}.gt${i}`), read(`in.${set}.mask${i}`)] as const;
}

function expectFigures(metric: DepthMetric, expected: Figures) {
  if (expected.absrel === null) {
    expect(() => metric.result()).toThrow(InvalidInputError);
    return;
  }
  const { absRel, rmse, mae, delta1 } = metric.result();
  const wanted = [expected.absrel, expected.rmse!, expected.mae!, expected.delta1!];
  expectClose([absRel, rmse, mae, delta1], wanted, TOLERANCE, 'absRel, rmse, mae, delta1');
}

describe('depth metrics of the reference vectors', () => {
  const runs = json.sets.flatMap((set) =>
    Object.entries(set.expected).map(([name, expected]) => ({ set: set.name, n: set.n_images, name, expected })),
  );
  test.each(runs)('$set, $name', ({ set, n, name, expected }) => {
    const all = new DepthMetric(NAMES[name]);
    for (let i = 0; i < n; i++) {
      const one = new DepthMetric(NAMES[name]);
      one.add(...picture(set, i));
      expectFigures(one, expected.per_image[i]!);
      all.add(...picture(set, i));
    }
    expectFigures(all, expected.mean);
  });

  test.each(['lstsq', 'median_mad'])('maps aligned by %s', (name) => {
    for (let i = 0; i < 3; i++) {
      const [p, g, mask] = picture('basic', i);
      const valid = g.flatMap((depth, pixel) => (depth > 0 && mask[pixel] ? [pixel] : []));
      const values = (map: readonly number[]) => Float64Array.from(valid, (pixel) => map[pixel]!);
      const { depths: aligned } = alignDepth(NAMES[name]!, values(p), values(g));
      expectClose(aligned, values(read(`out.basic.aligned_${name}${i}`)), TOLERANCE);
    }
  });
});

const depth = (least: number) => fc.integer({ min: least, max: 800 }).map((eighths) => eighths / 8);
const depths = fc.uniqueArray(depth(1), { minLength: 2, maxLength: 30 });
const pair = depths.chain((truth) =>
  fc.tuple(fc.constant(truth), fc.array(depth(-40), { minLength: truth.length, maxLength: truth.length })),
);

function scores(alignment: DepthAlignment, predicted: readonly number[], truth: readonly number[]) {
  const metric = new DepthMetric(alignment);
  metric.add(predicted, truth);
  return metric.result();
}

describe('depth metrics', () => {
  test('the truth itself is perfect under every alignment but disparity', () => {
    fc.assert(
      fc.property(
        depths,
        fc.constantFrom(...DEPTH_ALIGNMENTS.filter((name) => name !== 'disparity')),
        (truth, name) => {
          const { absRel, rmse, mae, delta1 } = scores(name, truth, truth);
          // A deviation below 1e-6 counts as 1e-6, and nearly constant maps become constant.
          expect(Math.max(absRel, rmse, mae)).toBeLessThan(1e-4);
          expect(delta1).toBe(1);
        },
      ),
    );
  });

  test('inverse depths in any unit are perfect under disparity', () => {
    const spread = fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(spread, fc.integer({ min: 1, max: 9 }), fc.integer({ min: -9, max: 9 }), (truth, scale, shift) => {
        const predicted = truth.map((depth) => scale / depth + shift);
        expect(scores('disparity', predicted, truth).absRel).toBeLessThan(1e-6);
      }),
    );
  });

  test('figures are finite and in bounds for any prediction and alignment', () => {
    fc.assert(
      fc.property(pair, fc.constantFrom(...DEPTH_ALIGNMENTS), ([truth, predicted], name) => {
        const { absRel, rmse, mae, delta1 } = scores(name, predicted, truth);
        for (const error of [absRel, rmse, mae]) expect(Number.isFinite(error) && error >= 0).toBe(true);
        expect(delta1).toBeGreaterThanOrEqual(0);
        expect(delta1).toBeLessThanOrEqual(1);
        expect(rmse).toBeGreaterThanOrEqual(mae * (1 - 1e-12));
      }),
    );
  });

  test.each(DEPTH_ALIGNMENTS)('a prediction of zeros has finite errors: %s', (name) => {
    expect(Number.isFinite(scores(name, [0, 0, 0], [1, 2, 4]).rmse)).toBe(true);
  });

  test('refuses maps of different sizes, wrong masks and NaN', () => {
    const metric = new DepthMetric();
    expect(() => metric.add([1, 2], [1])).toThrow('the predicted depth map has 2 values, but the truth 1');
    expect(() => metric.add([1, 2], [1, 2], [1])).toThrow('the mask of the depth map has 1 values for 2 pixels');
    expect(() => metric.add([Number.NaN], [1])).toThrow('a predicted depth must be a finite number, not NaN');
    expect(() => metric.add([1], [Number.NaN])).toThrow('a true depth must be a finite number, not NaN');
  });
});
