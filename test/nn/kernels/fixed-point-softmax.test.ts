import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fixedPointProduct, fixedPointScale, fixedPointWeights } from '../../../src/nn/kernels/fixed-point-softmax.js';

const temperature = fc.oneof(
  fc.double({ min: 1e-3, max: 100, noNaN: true }),
  fc.constantFrom(1, 0.5, 2, 1 / 3, 1e-10, 1e10, 1 - 2 ** -53),
);

test('weights equal softmax to seven digits', () => {
  const gaps = fc.array(fc.double({ min: 0, max: 40, noNaN: true }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(temperature, gaps, fc.float({ min: -30, max: 30, noNaN: true }), (temperature, gaps, highest) => {
      const logits = Float32Array.from([highest, ...gaps.map((gap) => highest - gap * temperature)]);
      const weights = fixedPointWeights(logits, logits[0]!, fixedPointScale(temperature));
      const errors = Array.from(logits, (x, i) => {
        const wanted = 2 ** 31 * Math.exp(-Math.fround(logits[0]! - x) / temperature);
        return Math.abs(weights[i]! - wanted) - (1e-7 * wanted + 2);
      });
      expect(Math.max(...errors)).toBeLessThanOrEqual(0);
      expect(Math.max(...weights)).toBeLessThan(2 ** 31);
    }),
    { numRuns: 1000 },
  );
});

test('-Infinity has weight 0', () => {
  const weights = fixedPointWeights(Float32Array.of(2, -Infinity, -1e30), 2, fixedPointScale(1));
  expect(Array.from(weights)).toEqual([2 ** 31 - 8, 0, 0]);
});

test('a fraction of a sum is exact', () => {
  const total = fc.integer({ min: 1, max: 2 ** 47 });
  const share = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(total, share, (total, share) => {
      const part = fixedPointProduct(total, share);
      expect(part).toBeLessThan(total);
      const rest = BigInt(total) * BigInt(share) - (BigInt(part) << 32n);
      expect(rest >= 0n && rest < 2n ** 32n).toBe(true);
    }),
  );
});
