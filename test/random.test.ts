import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../src/errors.js';
import { Random } from '../src/random.js';

const seeds = fc.maxSafeInteger();

test('numbers are in [0, 1) and evenly spread', () => {
  const bins = new Array(10).fill(0);
  for (const x of new Random(1).uniforms(20_000)) {
    expect(x >= 0 && x < 1).toBe(true);
    bins[Math.floor(x * 10)]++;
  }
  for (const count of bins) expect(Math.abs(count - 2000)).toBeLessThan(200);
});

test('the same seed gives the same stream; other seeds, neighbours above all, another one', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const stream = (of: number) => [...new Random(of).uniforms(4)];
      expect(stream(seed)).toEqual(stream(seed));
      const neighbour = seed === Number.MAX_SAFE_INTEGER ? seed - 1 : seed + 1;
      stream(neighbour).forEach((x, i) => {
        expect(x).not.toBe(stream(seed)[i]);
      });
    }),
  );
});

test('seeds that differ only far above 32 bits differ', () => {
  const first = [0, 1, 2, 3].map((high) => new Random(high * 2 ** 33).uniform());
  expect(new Set(first).size).toBe(4);
});

test('first draws of neighbouring seeds are as unlike as any', () => {
  const draws = Array.from({ length: 4000 }, (_, seed) => new Random(seed).uniform());
  const [mean, lagged] = [
    draws.reduce((a, b) => a + b) / draws.length,
    draws.slice(1).reduce((sum, x, i) => sum + (x - 0.5) * (draws[i]! - 0.5), 0) / draws.length,
  ];
  expect(mean).toBeCloseTo(0.5, 1);
  // 1/12 were they the same; four standard errors of independent ones.
  expect(Math.abs(lagged)).toBeLessThan((4 / 12) * 4000 ** -0.5);
});

test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('%d is no seed', (seed) => {
  expect(() => new Random(seed)).toThrow(InvalidInputError);
  expect(() => new Random(seed)).toThrow(String(seed));
});

test('whole numbers are within their bounds, which they reach', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: -50, max: 50 }), fc.nat(5), (seed, low, range) => {
      const random = new Random(seed);
      const drawn = new Set(Array.from({ length: 200 }, () => random.integer(low, low + range)));
      expect([...drawn].sort((a, b) => a - b)).toEqual(Array.from({ length: range + 1 }, (_, i) => low + i));
    }),
  );
});

test('the normal distribution has mean 0, deviation 1 and its tails', () => {
  const random = new Random(2);
  const drawn = Array.from({ length: 20_000 }, () => random.normal());
  const mean = (f: (x: number) => number) => drawn.reduce((sum, x) => sum + f(x), 0) / drawn.length;
  expect(mean((x) => x)).toBeCloseTo(0, 1);
  expect(mean((x) => x * x)).toBeCloseTo(1, 1);
  expect(mean((x) => Number(Math.abs(x) > 1.96))).toBeCloseTo(0.05, 2);
  expect(drawn.every(Number.isFinite)).toBe(true);
});

describe('permutations', () => {
  test('have every number once', () => {
    fc.assert(
      fc.property(seeds, fc.nat(50), (seed, n) => {
        expect([...new Random(seed).permutation(n)].sort((a, b) => a - b)).toEqual(
          Array.from({ length: n }, (_, i) => i),
        );
      }),
    );
  });

  test('are all equally likely', () => {
    const random = new Random(3);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.permutation(3).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

test('picks one of the items, each of them some time', () => {
  const random = new Random(4);
  expect(new Set(Array.from({ length: 60 }, () => random.pick(['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']));
});

test('draws of a fork do not affect its parent', () => {
  fc.assert(
    fc.property(seeds, fc.nat(20), (seed, draws) => {
      const [one, other] = [new Random(seed), new Random(seed)];
      one.fork();
      other.fork().uniforms(draws);
      expect(other.uniform()).toBe(one.uniform());
    }),
  );
  const parent = new Random(5);
  expect(parent.fork().uniform()).not.toBe(parent.fork().uniform());
});
