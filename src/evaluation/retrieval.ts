import { InvalidInputError } from '../errors.js';
import { cosineSimilarities, type Embeddings, embeddingCount } from './embeddings.js';
import { mean, median } from './statistics.js';

/** Ranks of the matching candidates of all queries. */
export interface RetrievalScores {
  /** Rank of the matching candidate of each query; 1 is the nearest. */
  readonly ranks: readonly number[];
  readonly meanRank: number;
  readonly medianRank: number;
  /** Mean of 1 / rank. */
  readonly meanReciprocalRank: number;
}

/** Ties with the matching candidate: ranked after it (`optimistic`) or before it (`pessimistic`). */
export type TieRule = 'optimistic' | 'pessimistic';

/** Similarities that differ by less count as equal, since their last digits depend on the order of additions. */
const RESOLUTION = 1e-9;

/**
 * Ranks the matching candidate of each query among all candidates by cosine similarity; candidate i matches query i.
 *
 * @param queries    [N, D]
 * @param candidates [N, D]
 * @throws {InvalidInputError} if the sizes differ, there are no pairs, or a value is NaN or infinite
 */
export function retrieve(queries: Embeddings, candidates: Embeddings, ties: TieRule = 'optimistic'): RetrievalScores {
  const count = embeddingCount(queries);
  if (count === 0 || embeddingCount(candidates) !== count) {
    const candidateCount = embeddingCount(candidates);
    throw new InvalidInputError(`retrieval needs pairs, not ${count} queries and ${candidateCount} candidates`);
  }
  const similarities = cosineSimilarities(queries, candidates).map((value) => Math.round(value / RESOLUTION));
  const ranks = Array.from({ length: count }, (_, i) => {
    const row = similarities.subarray(i * count, (i + 1) * count);
    const own = row[i]!;
    return ties === 'optimistic' ? 1 + row.filter((x) => x > own).length : row.filter((x) => x >= own).length;
  });
  return {
    ranks,
    meanRank: mean(ranks),
    medianRank: median(ranks),
    meanReciprocalRank: mean(ranks.map((rank) => 1 / rank)),
  };
}

/** Recall at k: fraction of queries whose match is among the `k` nearest candidates, 0…1. */
export function recallAt(k: number, { ranks }: RetrievalScores): number {
  return ranks.filter((rank) => rank <= k).length / ranks.length;
}
