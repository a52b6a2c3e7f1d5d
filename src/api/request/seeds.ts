import { InvalidInputError } from '../../errors.js';
import { Random } from '../../random.js';
import type { Seed } from '../types/options.js';

/**
 * A generator of random numbers for each sample: a sample gets the same result alone and beside others.
 *
 * @param seed of all samples, or of each
 */
export function randomOf(seed: Seed, samples: number): Random[] {
  return Array.from({ length: samples }, (_, i) => new Random(typeof seed === 'number' ? seed : seed[i]!));
}

/** @throws InvalidInputError for seeds that are not whole numbers, or not as many as samples */
export function checkSeed(seed: Seed | undefined, samples: number): void {
  if (seed === undefined) return;
  const seeds: readonly unknown[] = Array.isArray(seed) ? seed : [seed];
  const wrong = seeds.findIndex((each) => !Number.isSafeInteger(each));
  if (wrong >= 0) throw new InvalidInputError(`the seed must be a whole number, not ${String(seeds[wrong])}`);
  if (Array.isArray(seed) && seed.length !== samples) {
    throw new InvalidInputError(`a list of seeds has one for each of ${samples} samples, not ${seed.length}`);
  }
}
