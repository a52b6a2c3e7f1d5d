/** Sampling from simple distributions. */
import type { Random } from '../random.js';

/** A number from `low` to `high`, uniformly. */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** Samples an index with the given probabilities, which sum to 1. */
export function pickWeighted(random: Random, weights: readonly number[]): number {
  let rest = random.uniform();
  const index = weights.findIndex((weight) => {
    rest -= weight;
    return rest < 0;
  });
  return index < 0 ? weights.length - 1 : index;
}
