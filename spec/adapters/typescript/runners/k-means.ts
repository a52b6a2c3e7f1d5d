import { kMeans } from '../../../../src/tokenizers/vq/codebook.js';
import { codebookUsage } from '../../../../src/tokenizers/vq/codebook-usage.js';
import { normalizedRows } from '../../../../src/tokenizers/vq/directions.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';

/** `vq.kmeans`: codes made of a first batch, and how many of them are in use. */
export function kMeansAndUsage(reference: ConformanceCase, compare: Comparison): void {
  // What the case says of these two it says in words.
  const size = /codebook_size (\d+)/.exec(String(reference.about.what))?.[1];
  const iterations = /(\d+) iterations/.exec(String(reference.about.what))?.[1] ?? 10;
  for (const name of reference.data.tensors.keys()) {
    const [, kind, what] = /^out\.(\w+)\.(\w+)$/.exec(name) ?? [];
    if (kind === 'usage') {
      const window = Number(what!.replace('window', ''));
      compare.tensor(name, [codebookUsage(reference.ints('in.usage.tokens'), Number(size), window)]);
    } else if (kind !== undefined && what === 'means') {
      const samples = reference.floats(`in.${kind}.samples`);
      const width = reference.shape(`in.${kind}.samples`)[1]!;
      const cosine = kind === 'cosine';
      const start = reference.ints(`in.${kind}.initial_rows`);
      const compared = cosine ? normalizedRows(samples, width) : samples;
      const { means, sizes } = kMeans(compared, start, width, cosine, Number(iterations));
      compare.tensor(`out.${kind}.means`, means);
      compare.tensor(`out.${kind}.bins`, sizes);
    }
  }
}
