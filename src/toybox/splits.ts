/** Seeds of the training, validation and test scenes. */
import { InvalidInputError } from '../errors.js';

/** The parts that scenes are divided into. */
export const SPLITS = ['train', 'validation', 'test'] as const;
/** Name of a part. */
export type Split = (typeof SPLITS)[number];

/**
 * First seed and number of seeds of each part. All seeds fit in 32 bits, where {@link Random} maps different seeds to
 * different generator states, so that not only the seeds but the random streams of two parts never coincide.
 */
const RANGES: Readonly<Record<Split, readonly [start: number, count: number]>> = {
  train: [0, 2 ** 31],
  validation: [2 ** 31, 2 ** 30],
  test: [2 ** 31 + 2 ** 30, 2 ** 30],
};

/**
 * The seed of a part's scene number `index`. No seed belongs to two parts.
 *
 * @param split which part
 * @param index a whole number from 0 to 2^31 - 1 (train) or 2^30 - 1 (validation, test)
 * @throws InvalidInputError for an unknown part or an index out of range
 */
export function toyboxSeed(split: Split, index: number): number {
  if (!SPLITS.includes(split)) {
    throw new InvalidInputError(`unknown toybox split ${JSON.stringify(split)}: use one of ${SPLITS.join(', ')}`);
  }
  const [start, count] = RANGES[split];
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new InvalidInputError(
      `the index of a ${split} scene must be a whole number from 0 to ${count - 1}, not ${index}`,
    );
  }
  return start + index;
}
