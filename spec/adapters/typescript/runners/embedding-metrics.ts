/** Metrics of embeddings: k-nearest-neighbour classification, retrieval, and the Fréchet distance. */
import { cosineSimilarities, type Embeddings } from '../../../../src/evaluation/embeddings.js';
import { fitGaussian, frechetDistance } from '../../../../src/evaluation/frechet.js';
import { classifyByNeighbours, topAccuracy } from '../../../../src/evaluation/nearest-neighbours.js';
import { recallAt, retrieve } from '../../../../src/evaluation/retrieval.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { eachSet } from './sets.js';

function embeddings(task: Inputs, name: string): Embeddings {
  return { values: task.floats(name), width: task.shape(name)[1]! };
}

interface NeighbourSet {
  readonly name: string;
  readonly classes: number;
  readonly expected: { readonly k: number; readonly temperature: number }[];
}

/** `eval.knn`: k-nearest-neighbour classification. */
export async function neighbourMetrics(task: Inputs, out: Outputs): Promise<void> {
  await eachSet<NeighbourSet>(task, out, ({ name, classes, expected }, s) => {
    const [train, test] = [embeddings(task, `in.${name}.train`), embeddings(task, `in.${name}.test`)];
    const [known, wanted] = [task.ints(`in.${name}.train_labels`), task.ints(`in.${name}.test_labels`)];
    expected.forEach(({ k, temperature }, i) => {
      const votes = classifyByNeighbours(train, known, classes, test, { k, temperature });
      const filled = votes.map((vote) => ({ ...vote, ranking: withVoteless(vote.ranking, classes) }));
      out.value(`/sets/${s}/expected/${i}`, {
        prediction: votes.map(({ ranking }) => ranking[0]),
        top1: 100 * topAccuracy(votes, wanted, 1),
        top5: 100 * topAccuracy(votes, wanted, 5),
        top5_counting_voteless: 100 * topAccuracy(filled, wanted, 5),
      });
      if (i > 0) return;
      const shares = votes.flatMap(({ shares }) => [...shares]);
      out.tensor(`out.${name}.votes`, shares, [votes.length, classes]);
      const sorted = votes.flatMap(({ neighbours }) => neighbours.toSorted((a, b) => a - b));
      out.tensor(`out.${name}.neighbours`, sorted, [votes.length, sorted.length / votes.length]);
    });
  });
}

/** The other convention: classes without votes come last, by index. */
function withVoteless(ranking: readonly number[], classes: number): number[] {
  const voteless = Array.from({ length: classes }, (_, c) => c).filter((c) => !ranking.includes(c));
  return [...ranking, ...voteless];
}

/** `eval.retrieval`: ranks of the matching vectors. */
export async function retrievalMetrics(task: Inputs, out: Outputs): Promise<void> {
  const shown = task.options.similarities_shown as Record<string, [rows: number, columns: number]>;
  const limits = task.options.recall_at as number[];
  await eachSet(task, out, ({ name }, s) => {
    const [a, b] = [embeddings(task, `in.${name}.a`), embeddings(task, `in.${name}.b`)];
    out.value(`/sets/${s}/expected/a_to_b`, ranksOf(a, b, limits));
    out.value(`/sets/${s}/expected/b_to_a`, ranksOf(b, a, limits));
    const [rows, columns] = shown[name] ?? [0, 0];
    const all = cosineSimilarities(a, b);
    const count = all.length / (a.values.length / a.width);
    const part = Array.from(
      { length: rows * columns },
      (_, i) => all[Math.floor(i / columns) * count + (i % columns)]!,
    );
    out.tensor(`out.${name}.similarity`, part, [rows, columns]);
  });
}

function ranksOf(queries: Embeddings, candidates: Embeddings, limits: readonly number[]): object {
  const figures = (rule: 'optimistic' | 'pessimistic') => {
    const scores = retrieve(queries, candidates, rule);
    return {
      ranks: scores.ranks,
      ...Object.fromEntries(limits.map((limit) => [`R@${limit}`, 100 * recallAt(limit, scores)])),
      mean_rank: scores.meanRank,
      median_rank: scores.medianRank,
      mrr: scores.meanReciprocalRank,
    };
  };
  return { ...figures('optimistic'), pessimistic: figures('pessimistic') };
}

/** `eval.frechet`: the Fréchet distance of two sets of vectors. */
export async function frechetMetrics(task: Inputs, out: Outputs): Promise<void> {
  await eachSet(task, out, ({ name }, s) => {
    const [a, b] = ['a', 'b'].map((side) => fitGaussian(embeddings(task, `in.${name}.${side}`)));
    const { distance, meanTerm, trace1, trace2, traceRoot } = frechetDistance(a!, b!);
    const terms = { mean_term: meanTerm, trace1, trace2, trace_sqrt: traceRoot };
    // The same value, computed in two ways.
    out.value(`/sets/${s}/expected`, { ...terms, frechet: distance, frechet_sqrtm: distance });
    const width = task.shape(`in.${name}.a`)[1]!;
    out.tensor(`out.${name}.mean_a`, a!.mean, [width]);
    out.tensor(`out.${name}.cov_a`, a!.covariance, [width, width]);
  });
}
