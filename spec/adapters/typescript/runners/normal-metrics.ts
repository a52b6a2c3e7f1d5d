import { angleBetween, NormalMetric } from '../../../../src/evaluation/normals.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison, Figures } from '../../../harness/comparison.js';
import type { Tolerance } from '../../../harness/difference.js';
import { nothing, setsOf, valuesOf, within } from './sets.js';

interface NormalSet {
  readonly name: string;
  readonly n_images: number;
  readonly expected: { pooled: Figures; per_image: Figures[] };
}

/** `eval.normals`: angles between surface normals, pixel by pixel, and their statistics. */
export function normalMetrics(reference: ConformanceCase, compare: Comparison): void {
  for (const { name, n_images, expected } of setsOf<NormalSet>(reference)) {
    const pooled = new NormalMetric();
    const all: number[] = [];
    for (let i = 0; i < n_images; i++) {
      const [p, g, mask] = ['pred', 'gt', 'mask'].map((map) => valuesOf(reference, `in.${name}.${map}${i}`));
      const metric = new NormalMetric();
      for (const m of [metric, pooled]) m.add(p!, g!, mask!);
      const angles = Array.from(mask!, (used, pixel) => (used ? angleBetween(p!, g!, 3 * pixel) : 0));
      const used = angles.filter((_, pixel) => mask![pixel]);
      all.push(...used);
      compareScores(compare, `${name}[${i}]`, metric, expected.per_image[i]!, used);
      compareAngles(compare, `out.${name}.angle${i}`, reference, angles);
    }
    compareScores(compare, name, pooled, expected.pooled, all);
  }
}

/** Close to 0 and 180 degrees, the arc cosine magnifies rounding: there, the case allows more. */
function isStraight(angle: number): boolean {
  return angle < 0.5 || angle > 179.5;
}

function compareAngles(compare: Comparison, name: string, reference: ConformanceCase, angles: number[]): void {
  const expected = valuesOf(reference, name);
  const bent = [...expected.keys()].filter((pixel) => !isStraight(expected[pixel]!));
  const pick = (values: ArrayLike<number>) => bent.map((pixel) => values[pixel]!);
  compare.numbers(`${name} away from 0° and 180°`, pick(angles), pick(expected), within(1e-5));
  compare.tensor(name, angles, within(2e-3));
}

function compareScores(
  compare: Comparison,
  name: string,
  metric: NormalMetric,
  expected: Figures,
  angles: readonly number[],
): void {
  if (metric.pixels === 0) {
    compare.figures(name, { ...nothing(expected), n: 0 }, expected);
    return;
  }
  const { mean, median, rmse } = metric.result();
  const wanted = Object.entries(expected);
  const isShare = ([key]: [string, unknown]) => key.startsWith('pct_');
  const limits = wanted.filter(isShare).map(([key]) => [key, Number(key.slice(4).replace('_', '.'))] as const);
  const shares = limits.map(([key, limit]) => [key, 100 * metric.shareBelow(limit)]);
  compare.figures(name, Object.fromEntries(shares), Object.fromEntries(wanted.filter(isShare)), within(1e-9));
  const tolerance: Tolerance = within(angles.every(isStraight) ? 2e-3 : 1e-4);
  const rest = Object.fromEntries(wanted.filter((entry) => !isShare(entry)));
  compare.figures(name, { mean, median, rmse, n: metric.pixels }, rest, tolerance);
}
