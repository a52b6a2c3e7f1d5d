import { InvalidInputError } from '../errors.js';
import { cosineSimilarities, type Embeddings, embeddingCount } from './embeddings.js';

/** Options of {@link classifyByNeighbours}; the defaults are those of the 4M-21 paper (and of DINO). */
export interface NeighbourOptions {
  /** How many neighbours vote, 20 by default; all if there are fewer. */
  readonly k?: number;
  /** A neighbour votes with exp(similarity / temperature); 0.07 by default. */
  readonly temperature?: number;
}

/** The votes on the class of one vector. */
export interface NeighbourVotes {
  /** Indices of the neighbours, the nearest first. */
  readonly neighbours: readonly number[];
  /** Share of the votes of each class; they add up to 1. */
  readonly shares: Float64Array;
  /** Classes with votes, the most voted first; of equal ones the lower first. */
  readonly ranking: readonly number[];
}

/**
 * Classifies vectors by their nearest neighbours in a labelled set, by cosine similarity.
 *
 * @param train   labelled vectors, [N, D]
 * @param labels  class ids, [N]
 * @param classes how many classes there are
 * @param test    vectors to be classified, [M, D]
 * @returns       the votes on each of them
 * @throws {InvalidInputError} if sizes do not fit each other, for labels out of range, NaN, or impossible options
 */
export function classifyByNeighbours(
  train: Embeddings,
  labels: ArrayLike<number>,
  classes: number,
  test: Embeddings,
  { k = 20, temperature = 0.07 }: NeighbourOptions = {},
): NeighbourVotes[] {
  const count = embeddingCount(train);
  if (count === 0 || labels.length !== count) {
    throw new InvalidInputError(`${count} labelled vectors need as many labels and at least one, not ${labels.length}`);
  }
  for (let i = 0; i < count; i++) {
    if (Number.isInteger(labels[i]) && labels[i]! >= 0 && labels[i]! < classes) continue;
    throw new InvalidInputError(`a class id must be a whole number from 0 to ${classes - 1}, not ${labels[i]}`);
  }
  if (!(Number.isInteger(k) && k >= 1)) throw new InvalidInputError(`k must be a whole number from 1, not ${k}`);
  if (!(temperature > 0)) throw new InvalidInputError(`a temperature must be above 0, not ${temperature}`);
  const similarities = cosineSimilarities(test, train);
  return Array.from({ length: embeddingCount(test) }, (_, i) => {
    const row = similarities.subarray(i * count, (i + 1) * count);
    const neighbours = [...row.keys()].sort((a, b) => row[b]! - row[a]!).slice(0, k);
    const shares = new Float64Array(classes);
    const voted = new Set<number>();
    let total = 0;
    for (const neighbour of neighbours) {
      // Relative to the nearest one: shares stay the same, and nothing overflows.
      const weight = Math.exp((row[neighbour]! - row[neighbours[0]!]!) / temperature);
      shares[labels[neighbour]!]! += weight;
      total += weight;
      voted.add(labels[neighbour]!);
    }
    const ranking = [...voted].sort((a, b) => shares[b]! - shares[a]! || a - b);
    return { neighbours, shares: shares.map((share) => share / total), ranking };
  });
}

/**
 * Share of vectors whose class is among the `k` most voted, 0…1. A class without votes is none of them.
 *
 * @throws {InvalidInputError} if there are not as many labels as votes, or none
 */
export function topAccuracy(votes: readonly NeighbourVotes[], labels: ArrayLike<number>, k: number): number {
  if (votes.length === 0 || votes.length !== labels.length) {
    throw new InvalidInputError(`accuracy needs as many labels as votes and at least one, not ${labels.length}`);
  }
  return votes.filter(({ ranking }, i) => ranking.slice(0, k).includes(labels[i]!)).length / votes.length;
}
