import { angleBetween, NormalMetric } from '../../../../src/evaluation/normals.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { setsOf } from './sets.js';

/** `eval.normals`: angles between surface normals, pixel by pixel, and their statistics. */
export function normalMetrics(task: Inputs, out: Outputs): void {
  const limits = task.options.shares_below as Record<string, number>;
  setsOf<{ readonly name: string; readonly n_images: number }>(task).forEach(({ name, n_images }, s) => {
    const pooled = new NormalMetric();
    for (let i = 0; i < n_images; i++) {
      const [p, g, mask] = ['pred', 'gt', 'mask'].map((map) => task.doubles(`in.${name}.${map}${i}`));
      const metric = new NormalMetric();
      for (const m of [metric, pooled]) m.add(p!, g!, mask!);
      const angles = Array.from(mask!, (used, pixel) => (used ? angleBetween(p!, g!, 3 * pixel) : 0));
      out.value(`/sets/${s}/expected/per_image/${i}`, scoresOf(metric, limits));
      out.tensor(`out.${name}.angle${i}`, angles, task.shape(`in.${name}.mask${i}`));
    }
    out.value(`/sets/${s}/expected/pooled`, scoresOf(pooled, limits));
  });
}

/** Without pixels, all metrics but their number are null. */
function scoresOf(metric: NormalMetric, limits: Readonly<Record<string, number>>): object {
  const isEmpty = metric.pixels === 0;
  const shares = Object.entries(limits).map(([key, limit]) => [key, isEmpty ? null : 100 * metric.shareBelow(limit)]);
  const { mean, median, rmse } = isEmpty ? { mean: null, median: null, rmse: null } : metric.result();
  return { ...Object.fromEntries(shares), mean, median, rmse, n: metric.pixels };
}
