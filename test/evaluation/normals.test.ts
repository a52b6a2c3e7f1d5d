import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { NormalMetric } from '../../src/evaluation/normals.js';
import { expectClose } from '../vectors.js';
import { evaluationCase } from './cases.js';

interface Figures {
  mean: number | null;
  median: number;
  pct_11_25: number;
  pct_22_5: number;
  pct_30: number;
}
interface NormalSet {
  name: string;
  n_images: number;
  expected: { pooled: Figures; per_image: Figures[] };
}
const { json, read } = evaluationCase<{ sets: NormalSet[] }>('normals');

/** The case allows more where angles are near 0 and 180 degrees, of which the arc cosine makes little. */
const angleTolerance = (set: string) => (['perfect', 'opposite'].includes(set) ? 2e-3 : 1e-4);

function expectFigures(metric: NormalMetric, expected: Figures, set: string) {
  if (expected.mean === null) {
    expect(() => metric.result()).toThrow(InvalidInputError);
    return;
  }
  const { mean, median, below11, below22, below30 } = metric.result();
  expectClose([mean, median], [expected.mean, expected.median], { rtol: 0, atol: angleTolerance(set) }, 'mean, median');
  const percents = [expected.pct_11_25, expected.pct_22_5, expected.pct_30];
  expectClose(
    [below11, below22, below30].map((share) => 100 * share),
    percents,
    { rtol: 0, atol: 1e-9 },
    'shares',
  );
}

test.each(json.sets)('normals of the reference vectors: $name', ({ name, n_images, expected }) => {
  const all = new NormalMetric();
  for (let i = 0; i < n_images; i++) {
    const maps = [read(`in.${name}.pred${i}`), read(`in.${name}.gt${i}`), read(`in.${name}.mask${i}`)] as const;
    const one = new NormalMetric();
    one.add(...maps);
    expectFigures(one, expected.per_image[i]!, name);
    all.add(...maps);
  }
  expectFigures(all, expected.pooled, name);
});

test('angles of the reference vectors, pixel by pixel', () => {
  const [predicted, truth, mask] = ['pred', 'gt', 'mask'].map((map) => read(`in.basic.${map}0`)) as [
    number[],
    number[],
    number[],
  ];
  const expected = read('out.basic.angle0');
  const used = expected.flatMap((angle, pixel) => (mask[pixel] && angle > 1 ? [pixel] : []));
  const angles = used.map((pixel) => {
    const metric = new NormalMetric();
    metric.add(predicted.slice(3 * pixel, 3 * pixel + 3), truth.slice(3 * pixel, 3 * pixel + 3));
    return metric.result().mean;
  });
  expectClose(
    angles,
    used.map((pixel) => expected[pixel]!),
    { rtol: 0, atol: 1e-5 },
  );
});

const coordinate = fc.integer({ min: -100, max: 100 });
const vector = fc.tuple(coordinate, coordinate, coordinate).filter((v) => Math.hypot(...v) > 0);
const maps = fc.array(fc.tuple(vector, vector), { minLength: 1, maxLength: 20 }).map((pixels) => ({
  predicted: pixels.flatMap(([p]) => p),
  truth: pixels.flatMap(([, t]) => t),
}));

function scores(predicted: readonly number[], truth: readonly number[]) {
  const metric = new NormalMetric();
  metric.add(predicted, truth);
  return metric.result();
}

describe('normal metrics', () => {
  test('the truth itself is perfect, its opposite is wrong by 180 degrees', () => {
    fc.assert(
      fc.property(maps, ({ truth }) => {
        expect(scores(truth, truth).mean).toBeLessThan(2e-3);
        expect(scores(truth, truth).below11).toBe(1);
        expect(
          scores(
            truth.map((value) => -value),
            truth,
          ).median,
        ).toBeGreaterThan(180 - 2e-3);
      }),
    );
  });

  test('neither the lengths of vectors nor the order of the two maps count', () => {
    fc.assert(
      fc.property(maps, fc.double({ min: 0.1, max: 10, noNaN: true }), ({ predicted, truth }, scale) => {
        const { mean } = scores(predicted, truth);
        expect(
          scores(
            predicted.map((value) => scale * value),
            truth,
          ).mean,
        ).toBeCloseTo(mean, 2);
        expect(scores(truth, predicted).mean).toBeCloseTo(mean, 2);
      }),
    );
  });

  test('angles lie in 0…180, and wider limits hold more pixels', () => {
    fc.assert(
      fc.property(maps, ({ predicted, truth }) => {
        const { mean, median, below11, below22, below30 } = scores(predicted, truth);
        for (const angle of [mean, median]) expect(angle >= 0 && angle <= 180).toBe(true);
        expect(0 <= below11 && below11 <= below22 && below22 <= below30 && below30 <= 1).toBe(true);
      }),
    );
  });

  test('rejects values that are not vectors', () => {
    const metric = new NormalMetric();
    expect(() => metric.add([1, 0], [1, 0])).toThrow('the normal map has 2 values, not 3 for each pixel');
    expect(() => metric.add([Number.NaN, 0, 1], [0, 0, 1])).toThrow('must be a finite number, not NaN');
  });
});
