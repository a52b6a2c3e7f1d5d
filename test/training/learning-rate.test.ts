import fc from 'fast-check';
import { expect, test } from 'vitest';
import { learningRate } from '../../src/training/learning-rate.js';

const rate = { peak: 8, warmup: 4, total: 12, final: 2 };

test('rises linearly, peaks after the warm-up, and ends at the final value', () => {
  expect([0, 1, 2, 3].map((step) => learningRate(rate, step))).toEqual([2, 4, 6, 8]);
  expect(learningRate(rate, 4)).toBe(8);
  expect(learningRate(rate, 8)).toBeCloseTo(5, 12);
  expect(learningRate(rate, 12)).toBeCloseTo(2, 12);
  expect(learningRate(rate, 100)).toBeCloseTo(2, 12);
});

test('starts at the peak without warm-up, and copes with a warm-up that is all there is', () => {
  expect(learningRate({ ...rate, warmup: 0 }, 0)).toBe(8);
  const short = { ...rate, warmup: 5, total: 5 };
  expect([4, 5, 6].map((step) => learningRate(short, step))).toEqual([8, 8, 2]);
});

test('is never below the end nor above the peak, never jumps, and never rises after the warm-up', () => {
  const rates = fc.record({
    peak: fc.double({ min: 1e-6, max: 1, noNaN: true }),
    warmup: fc.nat(50),
    total: fc.integer({ min: 60, max: 300 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(rates, ({ peak, warmup, total, share }) => {
      const config = { peak, warmup, total, final: peak * share };
      const steps = Array.from({ length: total + 5 }, (_, step) => learningRate(config, step));
      const largest = peak * Math.max(1 / Math.max(warmup, 1), Math.PI / 2 / (total - warmup));
      steps.forEach((value, step) => {
        expect(value).toBeGreaterThanOrEqual(step < warmup ? 0 : config.final - 1e-12);
        expect(value).toBeLessThanOrEqual(peak * (1 + 1e-9));
        const change = step === 0 ? 0 : value - steps[step - 1]!;
        expect(Math.abs(change)).toBeLessThanOrEqual(largest * (1 + 1e-9));
        if (step > warmup) expect(change).toBeLessThanOrEqual(1e-12);
      });
    }),
  );
});
