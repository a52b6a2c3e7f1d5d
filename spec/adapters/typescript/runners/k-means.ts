import * as v from 'valibot';
import { kMeans } from '../../../../src/tokenizers/vq/codebook.js';
import { codebookUsage } from '../../../../src/tokenizers/vq/codebook-usage.js';
import { normalizedRows } from '../../../../src/tokenizers/vq/directions.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';

const clusterings = v.array(v.strictObject({ name: v.string(), cosine: v.boolean(), iterations: v.number() }));
const usages = v.array(v.strictObject({ result: v.string(), window: v.number(), codebook_size: v.number() }));

/** `vq.kmeans`: codes initialised from a first batch, and the number of used codes. */
export function kMeansAndUsage(task: Inputs, out: Outputs): void {
  for (const { name, cosine, iterations } of optionsOf(clusterings, task.options.clusterings, 'clusterings')) {
    const samples = task.floats(`in.${name}.samples`);
    const width = task.shape(`in.${name}.samples`)[1]!;
    const start = task.ints(`in.${name}.initial_rows`);
    const compared = cosine ? normalizedRows(samples, width) : samples;
    const { means, sizes } = kMeans(compared, start, width, cosine, iterations);
    out.tensor(`out.${name}.means`, means, [start.length, width]);
    out.tensor(`out.${name}.bins`, sizes, [start.length]);
  }
  for (const { result, window, codebook_size } of optionsOf(usages, task.options.usages, 'usages')) {
    out.tensor(result, [codebookUsage(task.ints('in.usage.tokens'), codebook_size, window)], []);
  }
}
