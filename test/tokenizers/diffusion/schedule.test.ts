import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../src/errors.js';
import { alphaBarAt, denoisingTimesteps, noiseSchedule } from '../../../src/tokenizers/diffusion/index.js';
import { schedules } from './reference.js';

describe('noiseSchedule', () => {
  it('never gets less noisy, and stays between 0 and 1', () => {
    fc.assert(
      fc.property(schedules, ({ alphaBars }) => {
        expect(alphaBars[0]).toBeLessThanOrEqual(1);
        alphaBars.forEach((alphaBar, t) => {
          if (t > 0) expect(alphaBar).toBeLessThanOrEqual(alphaBars[t - 1]!);
          expect(alphaBar).toBeGreaterThanOrEqual(0);
        });
      }),
    );
  });

  it('ends in pure noise with zero terminal SNR, with an unchanged start', () => {
    for (const name of ['linear', 'scaled_linear', 'sigmoid', 'squaredcos_cap_v2']) {
      const plain = noiseSchedule(name).alphaBars;
      const zero = noiseSchedule(name, { zeroTerminalSnr: true }).alphaBars;
      expect(plain.at(-1), name).toBeGreaterThan(0);
      expect(zero.at(-1), name).toBe(0);
      expect(zero[0], name).toBeCloseTo(plain[0]!, 6);
    }
  });

  it('shifts the cosine towards noise with a shift above 1', () => {
    const middle = (shift: number) => noiseSchedule(`shifted_cosine:${shift}`, { timesteps: 101 }).alphaBars[50]!;
    expect(middle(1)).toBeCloseTo(0.5, 6);
    expect(middle(0.5)).toBeCloseTo(0.8, 6);
    expect(middle(2)).toBeCloseTo(0.2, 6);
  });

  it.each(['cosine', 'toString', 'shifted_cosine:', 'shifted_cosine:0', 'shifted_cosine:-1', 'shifted_cosine:x'])(
    'refuses "%s"',
    (name) => {
      expect(() => noiseSchedule(name)).toThrow(InvalidInputError);
    },
  );

  it.each([1, 2.5, Number.NaN])('refuses %s timesteps', (timesteps) => {
    expect(() => noiseSchedule('linear', { timesteps })).toThrow(InvalidInputError);
  });
});

describe('alphaBarAt', () => {
  const schedule = noiseSchedule('linear');

  it('ends at 1, or at the first of the table', () => {
    expect(alphaBarAt(schedule, -1)).toBe(1);
    expect(alphaBarAt(schedule, -40, false)).toBe(schedule.alphaBars[0]);
  });

  it.each([1000, 0.5])('refuses timestep %s', (timestep) => {
    expect(() => alphaBarAt(schedule, timestep)).toThrow(InvalidInputError);
  });
});

describe('denoisingTimesteps', () => {
  const runs = fc
    .integer({ min: 1, max: 1000 })
    .chain((total) => fc.tuple(fc.integer({ min: 1, max: total }), fc.constant(total)));

  it('decreases within the training timesteps, aligned to the end that the spacing is named after', () => {
    fc.assert(
      fc.property(fc.constantFrom('leading', 'trailing', 'linspace'), runs, (spacing, [steps, total]) => {
        const timesteps = denoisingTimesteps(spacing, steps, total);
        expect(timesteps.length).toBeGreaterThanOrEqual(steps);
        if (spacing !== 'trailing') expect(timesteps.length).toBe(steps);
        timesteps.forEach((t, i) => {
          if (i > 0) expect(t).toBeLessThan(timesteps[i - 1]!);
        });
        expect(timesteps.at(-1)).toBeGreaterThanOrEqual(0);
        if (spacing === 'leading') expect(timesteps.at(-1)).toBe(0);
        else expect(timesteps[0]).toBe(total - 1);
      }),
    );
  });

  it('gives more timesteps than requested with `trailing` spacing that does not divide the total', () => {
    expect(denoisingTimesteps('trailing', 30, 1000)).toHaveLength(31);
  });

  it.each([0, 1001, 2.5])('refuses %s steps of 1000', (steps) => {
    expect(() => denoisingTimesteps('leading', steps, 1000)).toThrow(InvalidInputError);
  });
});
