import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withKnownNumbers } from '../../../../src/api/request/texts/format.js';

/** A vocabulary that has words for some numbers. */
const vocabulary = (numbers: readonly number[]) => ({
  tokenToId: (token: string) => (numbers.some((n) => token === `v0=${n}` || token === `v1=${n}`) ? 1 : undefined),
});

test('numbers are rounded to the nearest with a word, other words are unchanged', () => {
  const known = vocabulary([0, 10, 300]);
  expect(withKnownNumbers('human v0=4 v0=6 v1=999 pose none', known)).toBe('human v0=0 v0=10 v1=300 pose none');
  expect(withKnownNumbers('v0=5', known)).toBe('v0=0');
  expect(withKnownNumbers('v2=5 ball', known)).toBe('v2=5 ball');
});

test('no other number with a word is nearer', () => {
  const number = fc.nat({ max: 999 });
  fc.assert(
    fc.property(fc.uniqueArray(number, { minLength: 1 }), number, (numbers, given) => {
      const nearest = Number(/\d+$/.exec(withKnownNumbers(`v0=${given}`, vocabulary(numbers)))![0]);
      expect(numbers).toContain(nearest);
      for (const other of numbers) expect(Math.abs(other - given)).toBeGreaterThanOrEqual(Math.abs(nearest - given));
    }),
  );
});
