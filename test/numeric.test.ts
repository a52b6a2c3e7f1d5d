import fc from 'fast-check';
import { expect, test } from 'vitest';
import { roundHalfToEven } from '../src/numeric.js';

test.each([
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [2.4999999, 2],
  [2.5000001, 3],
  [-0.5, 0],
  [-1.5, -2],
  [-2.5, -2],
  [-3.7, -4],
])('%d becomes %d', (x, expected) => {
  expect(roundHalfToEven(x) + 0).toBe(expected);
});

test('the result is the nearest whole number, and the even one between two', () => {
  const halves = fc.integer({ min: -2e6, max: 2e6 }).map((n) => n / 2);
  fc.assert(
    fc.property(fc.oneof(halves, fc.double({ min: -1e6, max: 1e6, noNaN: true })), (x) => {
      const rounded = roundHalfToEven(x);
      expect(Number.isInteger(rounded)).toBe(true);
      expect(Math.abs(rounded - x)).toBeLessThanOrEqual(0.5);
      if (Math.abs(rounded - x) === 0.5) expect(Math.abs(rounded % 2)).toBe(0);
    }),
  );
});
