import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../src/errors.js';
import { gapClosed } from '../../src/evaluation/report.js';

describe('share of the gap that is closed', () => {
  test('errors fall towards the ceiling, scores rise', () => {
    expect(gapClosed(1, 0.4, 0.2, 'lower')).toBeCloseTo(0.75, 12);
    expect(gapClosed(0.2, 0.8, 1, 'higher')).toBeCloseTo(0.75, 12);
    expect(gapClosed(1, 1.4, 0.2, 'lower')).toBeCloseTo(-0.5, 12);
    expect(gapClosed(0.2, 1, 0.6, 'higher')).toBeCloseTo(2, 12);
  });

  test('is 0 at the trivial predictor and 1 at the ceiling, and an error is the opposite of a score', () => {
    const whole = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(whole, whole, whole, (trivial, model, ceiling) => {
        fc.pre(trivial < ceiling);
        expect(gapClosed(trivial, trivial, ceiling, 'higher')).toBe(0);
        expect(gapClosed(trivial, ceiling, ceiling, 'higher')).toBe(1);
        expect(gapClosed(-trivial, -model, -ceiling, 'lower')).toBe(gapClosed(trivial, model, ceiling, 'higher'));
      }),
    );
  });

  test('there is none where the ceiling is no better than the trivial predictor', () => {
    expect(gapClosed(0.5, 0.7, 0.5, 'higher')).toBeNull();
    expect(gapClosed(0.5, 0.7, 0.4, 'higher')).toBeNull();
    expect(gapClosed(0.5, 0.3, 0.6, 'lower')).toBeNull();
  });

  test('refuses NaN', () => {
    expect(() => gapClosed(0, Number.NaN, 1, 'higher')).toThrow(InvalidInputError);
  });
});
