import type { NewLocal } from './assembler.js';
import { type Code, f32x4 } from './instructions.js';

/**
 * Transposes four vectors.
 *
 * @returns a function of the vectors and of the use of each result
 */
export function transposeFour(
  local: NewLocal,
): (vectors: readonly Code[], use: (row: number, values: Code) => Code) => Code[] {
  const given = local('v128', 4);
  const paired = local('v128', 4);
  const pairs = (of: number, lanes: readonly number[]) => f32x4.shuffle(given[of]!.get, given[of + 1]!.get, lanes);
  const LOW = [0, 1, 4, 5];
  const HIGH = [2, 3, 6, 7];
  return (vectors, use) => [
    ...given.map((vector, i) => vector.set(vectors[i]!)),
    // Of the first two, and of the last two: numbers 0 and 1 side by side, and numbers 2 and 3.
    ...paired.map((pair, i) => pair.set(pairs(i & 2, i & 1 ? [2, 6, 3, 7] : [0, 4, 1, 5]))),
    ...[0, 1, 2, 3].map((row) =>
      use(row, f32x4.shuffle(paired[row >> 1]!.get, paired[2 + (row >> 1)]!.get, row & 1 ? HIGH : LOW)),
    ),
  ];
}
