import { DepthMetric, type DepthScores, validDepths } from '../../../../src/evaluation/depth.js';
import { alignDepth, type DepthAlignment } from '../../../../src/evaluation/depth-alignment.js';
import { scaleShiftInvariantError, standardisedError } from '../../../../src/evaluation/depth-invariant.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { type Figures, setsOf } from './sets.js';

const ALIGNMENTS: Readonly<Record<string, DepthAlignment>> = {
  none: 'none',
  lstsq: 'scale-and-shift',
  scale_lstsq: 'scale',
  median_scale: 'median-scale',
  median_mad: 'median-deviation',
  median_meanad: 'mean-deviation',
  disparity_lstsq: 'disparity',
};

/** The names of the fitted parameters in the cases. */
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
  /** Of which only the names of the alignments are used. */
  readonly expected: Readonly<Record<string, unknown>>;
}

type Maps = readonly [predicted: Float64Array, truth: Float64Array, mask: Float64Array];

/** `eval.depth`: depth errors with every alignment, and metrics without alignment. */
export function depthMetrics(task: Inputs, out: Outputs): void {
  setsOf<DepthSet>(task).forEach((set, s) => {
    const images = Array.from({ length: set.n_images }, (_, i) =>
      ['pred', 'gt', 'mask'].map((map) => task.doubles(`in.${set.name}.${map}${i}`)),
    ) as unknown as Maps[];
    for (const name of Object.keys(set.expected)) {
      const metric = new DepthMetric(ALIGNMENTS[name], set.clamp_min);
      const perImage = images.map((maps, i) => {
        const scores = metric.add(...maps);
        const shape = task.shape(`in.${set.name}.gt${i}`);
        giveAligned(out, `out.${set.name}.aligned_${name}${i}`, shape, ALIGNMENTS[name]!, set.clamp_min, maps);
        const fit = Object.entries(scores?.fit ?? {}).map(([key, value]) => [PARAMETERS[key] ?? key, value]);
        const figures = scores ? { ...figuresOf(scores), ...Object.fromEntries(fit) } : NOTHING;
        return { ...figures, n: scores?.pixels ?? 0 };
      });
      const isMeasured = images.some((maps) => validDepths(...maps).g.length > 0);
      const mean = isMeasured ? figuresOf(metric.result()) : NOTHING;
      out.value(`/sets/${s}/expected/${name}`, { per_image: perImage, mean });
    }
    const valid = images.map((maps) => validDepths(...maps));
    out.value(`/sets/${s}`, {
      ssi: valid.map(({ p, g }) =>
        g.length === 0
          ? null
          : {
              l1_mean_abs_dev: scaleShiftInvariantError(p, g, 'mean'),
              l1_median_abs_dev: scaleShiftInvariantError(p, g, 'median'),
            },
      ),
      truncated_standardised_l1: valid.map(({ p, g }) => standardisedError(p, g)),
    });
  });
}

function figuresOf(scores: DepthScores): Figures {
  const { absRel, sqRel, rmseLog, logL1, siLog, delta1, delta2, delta3, rmse, log10, mae } = scores;
  return {
    ...{ delta1, delta2, delta3, rmse, log10, mae },
    ...{ absrel: absRel, sqrel: sqRel, rmse_log: rmseLog, log_l1: logL1, silog: siLog },
  };
}

/** The metrics without valid pixels. */
const NOTHING: Figures = Object.fromEntries(
  ['delta1', 'delta2', 'delta3', 'rmse', 'log10', 'mae', 'absrel', 'sqrel', 'rmse_log', 'log_l1', 'silog'].map(
    (name) => [name, null],
  ),
);

function giveAligned(
  out: Outputs,
  name: string,
  shape: readonly number[],
  alignment: DepthAlignment,
  minDepth: number,
  maps: Maps,
): void {
  if (!out.wants(name)) return;
  const { p, g } = validDepths(...maps);
  const { depths } = alignDepth(alignment, p, g, minDepth);
  const [, truth, mask] = maps;
  const all = new Float64Array(truth.length);
  let next = 0;
  truth.forEach((depth, pixel) => {
    if (depth > 0 && mask[pixel]! > 0) all[pixel] = depths[next++]!;
  });
  out.tensor(name, all, shape);
}
