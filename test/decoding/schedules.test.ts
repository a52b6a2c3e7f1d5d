import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  continueSchedule,
  decreasingTemperatures,
  parseTemperatureSchedule,
  type TokenSchedule,
  temperatures,
  tokenSchedule,
} from '../../src/decoding/schedules.js';
import { InvalidInputError } from '../../src/errors.js';
import { expectClose } from '../vectors.js';

/** `steps` and `tokens`, then a list for each function and its arguments; null where the reference fails. */
type Entry = Record<string, number | number[] | null> & { steps: number; tokens: number };
const vectors = JSON.parse(
  readFileSync(new URL('../../spec/vectors/gen_schedules/data.json', import.meta.url)).toString(),
) as Entry[];
const exact = { rtol: 1e-9, atol: 1e-12 };

describe.each(vectors.map((entry) => [`${entry.steps} steps for ${entry.tokens} tokens`, entry] as const))(
  '%s',
  (_, entry) => {
    it.each(['cosine', 'linear'] as const)('%s: counts and temperatures equal the reference', (kind) => {
      const schedule = tokenSchedule(kind, entry.steps, entry.tokens, 'official');
      expect(schedule).toEqual(entry[kind]);
      let compared = 0;
      for (const [key, expected] of Object.entries(entry)) {
        const [of, what, ...rest] = key.split('_');
        if (of !== kind || what === undefined || !Array.isArray(expected)) continue;
        const [first, second, third] = rest.map(Number) as [number, number, number];
        const actual = {
          lineartemp: () => temperatures('linear', first, schedule),
          onex: () => temperatures({ lowest: second, power: third }, first, schedule),
          decreasing: () => decreasingTemperatures(first, second, schedule),
          continue: () => continueSchedule(schedule, Number(rest[1])),
        }[what]!();
        // The curve of one token alone is 0/0 in the reference; ours is finite.
        const wanted = expected.map((x, i) => (Number.isFinite(x) ? x : actual[i]!));
        expect(actual.every(Number.isFinite), key).toBe(true);
        expectClose(actual, wanted, exact, key);
        compared++;
      }
      expect(compared).toBeGreaterThan(8);
    });
  },
);

describe('temperature schedules in the official notation', () => {
  it('are parsed', () => {
    expect(parseTemperatureSchedule('constant')).toBe('constant');
    expect(parseTemperatureSchedule('linear')).toBe('linear');
    expect(parseTemperatureSchedule('onex:0.5:0.25')).toEqual({ lowest: 0.5, power: 0.25 });
  });

  it.each(['cosine', 'onex', 'onex:1', 'onex:1:x', 'onex::1', 'onex:1:2:3', ''])('and not %j', (option) => {
    expect(() => parseTemperatureSchedule(option)).toThrow(InvalidInputError);
  });
});

describe('token schedules', () => {
  const kinds = fc.constantFrom<TokenSchedule>('cosine', 'linear');
  const upTo = (max: number) => fc.integer({ min: 1, max });

  it('sum to the token count, without empty or negative steps, in at most the requested number of steps', () => {
    fc.assert(
      fc.property(kinds, upTo(300), upTo(1024), (kind, steps, tokens) => {
        const schedule = tokenSchedule(kind, steps, tokens);
        expect(schedule.reduce((a, b) => a + b, 0)).toBe(tokens);
        expect(Math.min(...schedule)).toBeGreaterThan(0);
        expect(schedule.length).toBeLessThanOrEqual(steps);
      }),
    );
  });

  it('have all steps if there are enough tokens', () => {
    expect(tokenSchedule('cosine', 8, 64)).toHaveLength(8);
    expect(tokenSchedule('linear', 7, 64)).toEqual([10, 9, 9, 9, 9, 9, 9]);
  });

  it('give positive, non-increasing temperatures', () => {
    const shapes = fc.constantFrom('constant' as const, 'linear' as const, { lowest: 0.1, power: 0.7 });
    fc.assert(
      fc.property(kinds, shapes, upTo(50), upTo(200), (kind, shape, steps, tokens) => {
        const heat = temperatures(shape, 3, tokenSchedule(kind, steps, tokens));
        heat.forEach((t, i) => {
          expect(t).toBeGreaterThan(0);
          expect(t).toBeLessThanOrEqual((heat[i - 1] ?? 3) + 1e-9);
        });
      }),
    );
  });

  it('need at least one step', () => {
    expect(() => tokenSchedule('cosine', 0, 64)).toThrow(InvalidInputError);
    expect(() => tokenSchedule('linear', 2.5, 64)).toThrow(/2.5/);
    expect(() => tokenSchedule('sine' as TokenSchedule, 2, 64)).toThrow("is cosine or linear, not 'sine'");
  });
});
