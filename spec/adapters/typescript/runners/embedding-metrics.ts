/** Metrics of vectors: classification by neighbours, retrieval, and the distance of two sets. */
import { cosineSimilarities, type Embeddings } from '../../../../src/evaluation/embeddings.js';
import { fitGaussian, frechetDistance } from '../../../../src/evaluation/frechet.js';
import { classifyByNeighbours, topAccuracy } from '../../../../src/evaluation/nearest-neighbours.js';
import { recallAt, retrieve } from '../../../../src/evaluation/retrieval.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison, Figures } from '../../../harness/comparison.js';
import { setsOf, within } from './sets.js';

function embeddings(reference: ConformanceCase, name: string): Embeddings {
  return { values: reference.floats(name), width: reference.shape(name)[1]! };
}

interface NeighbourSet {
  readonly name: string;
  readonly classes: number;
  readonly expected: {
    readonly k: number;
    readonly temperature: number;
    readonly top1: number;
    readonly top5: number;
    readonly top5_counting_voteless: number;
    readonly prediction: number[];
  }[];
}

/** `eval.knn`: classes by the votes of the nearest neighbours. */
export function neighbourMetrics(reference: ConformanceCase, compare: Comparison): void {
  for (const { name, classes, expected } of setsOf<NeighbourSet>(reference)) {
    const [train, test] = [embeddings(reference, `in.${name}.train`), embeddings(reference, `in.${name}.test`)];
    const [known, wanted] = [reference.ints(`in.${name}.train_labels`), reference.ints(`in.${name}.test_labels`)];
    expected.forEach(({ k, temperature, prediction, top5_counting_voteless, top1, top5 }, i) => {
      const votes = classifyByNeighbours(train, known, classes, test, { k, temperature });
      const filled = votes.map((vote) => ({ ...vote, ranking: withVoteless(vote.ranking, classes) }));
      const label = `${name}[${i}]`;
      compare.value(
        `${label}.prediction`,
        votes.map(({ ranking }) => ranking[0]),
        prediction,
      );
      const percents = {
        top1: 100 * topAccuracy(votes, wanted, 1),
        top5: 100 * topAccuracy(votes, wanted, 5),
        top5_counting_voteless: 100 * topAccuracy(filled, wanted, 5),
      };
      compare.figures(label, percents, { top1, top5, top5_counting_voteless }, within(1e-9));
      if (i > 0) return;
      compare.tensor(
        `out.${name}.votes`,
        votes.flatMap(({ shares }) => [...shares]),
        within(2e-5),
      );
      const sorted = votes.flatMap(({ neighbours }) => neighbours.toSorted((a, b) => a - b));
      compare.tensor(`out.${name}.neighbours`, sorted);
    });
  }
}

/** The other convention: classes without votes come last, by number. */
function withVoteless(ranking: readonly number[], classes: number): number[] {
  const voteless = Array.from({ length: classes }, (_, c) => c).filter((c) => !ranking.includes(c));
  return [...ranking, ...voteless];
}

type Ranks = Figures & { readonly ranks: number[]; readonly pessimistic?: Ranks };

interface RetrievalSet {
  readonly name: string;
  readonly expected: { readonly a_to_b: Ranks; readonly b_to_a: Ranks };
}

/** `eval.retrieval`: how near each vector's partner is. */
export function retrievalMetrics(reference: ConformanceCase, compare: Comparison): void {
  for (const { name, expected } of setsOf<RetrievalSet>(reference)) {
    const [a, b] = [embeddings(reference, `in.${name}.a`), embeddings(reference, `in.${name}.b`)];
    compareRanks(compare, `${name}.a_to_b`, a, b, expected.a_to_b);
    compareRanks(compare, `${name}.b_to_a`, b, a, expected.b_to_a);
    const tensor = `out.${name}.similarity`;
    const [rows, columns] = reference.shape(tensor) as [number, number];
    const all = cosineSimilarities(a, b);
    const count = all.length / (a.values.length / a.width);
    const shown = Array.from(
      { length: rows * columns },
      (_, i) => all[Math.floor(i / columns) * count + (i % columns)]!,
    );
    compare.tensor(tensor, shown, within(1e-6));
  }
}

function compareRanks(
  compare: Comparison,
  name: string,
  queries: Embeddings,
  candidates: Embeddings,
  { pessimistic, ...optimistic }: Ranks,
): void {
  for (const [rule, expected] of [
    ['optimistic', optimistic],
    ['pessimistic', pessimistic],
  ] as const) {
    if (!expected) continue;
    const { ranks, ...figures } = expected as Ranks;
    const scores = retrieve(queries, candidates, rule);
    compare.value(`${name} ${rule} ranks`, [...scores.ranks], ranks);
    const recalls = Object.keys(figures).filter((key) => key.startsWith('R@'));
    const ours = {
      ...Object.fromEntries(recalls.map((key) => [key, 100 * recallAt(Number(key.slice(2)), scores)])),
      mean_rank: scores.meanRank,
      median_rank: scores.medianRank,
      mrr: scores.meanReciprocalRank,
    };
    compare.figures(`${name} ${rule}`, ours, figures as Figures, within(1e-9));
  }
}

interface FrechetSet {
  readonly name: string;
  readonly tolerance_abs: number;
  readonly expected: Figures;
}

/** `eval.frechet`: the distance of the Gaussians of two sets. */
export function frechetMetrics(reference: ConformanceCase, compare: Comparison): void {
  for (const { name, tolerance_abs, expected } of setsOf<FrechetSet>(reference)) {
    const tolerance = { rtol: 1e-6, atol: tolerance_abs };
    const [a, b] = ['a', 'b'].map((side) => fitGaussian(embeddings(reference, `in.${name}.${side}`)));
    const { distance, meanTerm, trace1, trace2, traceRoot } = frechetDistance(a!, b!);
    const terms = { mean_term: meanTerm, trace1, trace2, trace_sqrt: traceRoot };
    const { frechet, frechet_sqrtm, ...others } = expected;
    compare.figures(name, terms, others, tolerance);
    // The same number by two ways.
    for (const wanted of [frechet, frechet_sqrtm]) {
      if (typeof wanted === 'number') compare.numbers(`${name}.frechet`, [distance], [wanted], tolerance);
    }
    const outputs = { mean_a: a!.mean, cov_a: a!.covariance };
    for (const [output, values] of Object.entries(outputs)) {
      if (compare.expects(`out.${name}.${output}`)) compare.tensor(`out.${name}.${output}`, values, tolerance);
    }
  }
}
