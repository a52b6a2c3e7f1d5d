import { DepthMetric, type DepthScores, validDepths } from '../../../../src/evaluation/depth.js';
import { alignDepth, type DepthAlignment } from '../../../../src/evaluation/depth-alignment.js';
import { scaleShiftInvariantError, standardisedError } from '../../../../src/evaluation/depth-invariant.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison, Figures } from '../../../harness/comparison.js';
import { nothing, setsOf, valuesOf } from './sets.js';

const ALIGNMENTS: Readonly<Record<string, DepthAlignment>> = {
  none: 'none',
  lstsq: 'scale-and-shift',
  scale_lstsq: 'scale',
  median_scale: 'median-scale',
  median_mad: 'median-deviation',
  median_meanad: 'mean-deviation',
  disparity_lstsq: 'disparity',
};

/** What the parameters of a fit are called in the cases. */
const PARAMETERS: Readonly<Record<string, string>> = {
  medianP: 'median_pred',
  medianG: 'median_gt',
  deviationP: 'dev_pred',
  deviationG: 'dev_gt',
};

interface DepthSet {
  readonly name: string;
  readonly n_images: number;
  readonly clamp_min: number;
  readonly expected: Readonly<Record<string, { per_image: Figures[]; mean: Figures }>>;
  readonly ssi?: (Figures | null)[];
  readonly truncated_standardised_l1?: (number | null)[];
}

type Maps = readonly [predicted: Float64Array, truth: Float64Array, mask: Float64Array];

/** `eval.depth`: errors of depth under every alignment, and those that need none. */
export function depthMetrics(reference: ConformanceCase, compare: Comparison): void {
  for (const set of setsOf<DepthSet>(reference)) {
    const images = Array.from({ length: set.n_images }, (_, i) =>
      ['pred', 'gt', 'mask'].map((map) => valuesOf(reference, `in.${set.name}.${map}${i}`)),
    ) as unknown as Maps[];
    for (const [name, { per_image, mean }] of Object.entries(set.expected)) {
      const metric = new DepthMetric(ALIGNMENTS[name], set.clamp_min);
      images.forEach((maps, i) => {
        const scores = metric.add(...maps);
        const wanted = per_image[i]!;
        const fit = Object.entries(scores?.fit ?? {}).map(([key, value]) => [PARAMETERS[key] ?? key, value]);
        const ours = scores ? { ...figuresOf(scores), ...Object.fromEntries(fit) } : nothing(wanted);
        compare.figures(`${set.name}.${name}[${i}]`, { ...ours, n: scores?.pixels ?? 0 }, wanted);
        compareAligned(compare, `out.${set.name}.aligned_${name}${i}`, ALIGNMENTS[name]!, set.clamp_min, maps);
      });
      const isMeasured = images.some((maps) => validDepths(...maps).g.length > 0);
      compare.figures(`${set.name}.${name}`, isMeasured ? figuresOf(metric.result()) : nothing(mean), mean);
    }
    for (const [i, maps] of images.entries()) compareInvariant(compare, set, i, maps);
  }
}

function figuresOf(scores: DepthScores): Figures {
  const { absRel, sqRel, rmseLog, logL1, siLog, delta1, delta2, delta3, rmse, log10, mae } = scores;
  return {
    ...{ delta1, delta2, delta3, rmse, log10, mae },
    ...{ absrel: absRel, sqrel: sqRel, rmse_log: rmseLog, log_l1: logL1, silog: siLog },
  };
}

function compareAligned(
  compare: Comparison,
  name: string,
  alignment: DepthAlignment,
  minDepth: number,
  maps: Maps,
): void {
  if (!compare.expects(name)) return;
  const { p, g } = validDepths(...maps);
  const { depths } = alignDepth(alignment, p, g, minDepth);
  const [, truth, mask] = maps;
  const all = new Float64Array(truth.length);
  let next = 0;
  truth.forEach((depth, pixel) => {
    if (depth > 0 && mask[pixel]! > 0) all[pixel] = depths[next++]!;
  });
  compare.tensor(name, all);
}

function compareInvariant(compare: Comparison, set: DepthSet, i: number, maps: Maps): void {
  const { p, g } = validDepths(...maps);
  const [ssi, standardised] = [set.ssi?.[i], set.truncated_standardised_l1?.[i]];
  if (ssi === null) compare.value(`${set.name}.ssi[${i}] pixels`, g.length, 0);
  else if (ssi) {
    const ours = {
      l1_mean_abs_dev: scaleShiftInvariantError(p, g, 'mean'),
      l1_median_abs_dev: scaleShiftInvariantError(p, g, 'median'),
    };
    compare.figures(`${set.name}.ssi[${i}]`, ours, ssi);
  }
  if (standardised === undefined) return;
  const key = `truncated_standardised_l1[${i}]`;
  compare.figures(set.name, { [key]: standardisedError(p, g) }, { [key]: standardised });
}
