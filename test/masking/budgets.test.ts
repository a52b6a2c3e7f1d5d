import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocateBudgets, sampleDirichlet, targetCaps } from '../../src/masking/budgets.js';
import { Random } from '../../src/random.js';

interface BudgetCase {
  num_input_tokens: number;
  num_target_tokens: number;
  input_draws: ['sample' | 'sample_n', number[] | number[][]][];
  target_draws: ['sample' | 'sample_n', number[] | number[][]][];
  input_budget: number[];
  target_budget: number[];
}

const cases: BudgetCase[] = JSON.parse(
  readFileSync(new URL('../../spec/vectors/mask_budget/data.json', import.meta.url), 'utf8'),
);

/** Gives out recorded Dirichlet draws one after the other. */
function replay(draws: BudgetCase['input_draws']): () => number[] {
  const vectors = draws.flatMap(([call, values]) =>
    call === 'sample' ? [values as number[]] : (values as number[][]),
  );
  return () => vectors.shift()!;
}

describe('published budgets', () => {
  const modalities = [196, 196, 20, 196].map((maxTokens, m) => ({ maxTokens, isImage: m !== 2 }));
  test.each(cases)('$input_budget of $num_input_tokens in, $target_budget of $num_target_tokens out', (c) => {
    const input = allocateBudgets(
      c.num_input_tokens,
      modalities.map((m) => m.maxTokens),
      replay(c.input_draws),
    );
    expect(input).toEqual(c.input_budget);
    const caps = targetCaps(modalities, input);
    expect(allocateBudgets(c.num_target_tokens, caps, replay(c.target_draws))).toEqual(c.target_budget);
  });
});

test('shares are never negative and sum to 1, however small the alphas', () => {
  const alpha = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 100, noNaN: true }));
  fc.assert(
    fc.property(fc.array(alpha, { minLength: 1, maxLength: 8 }), fc.integer(), (alphas, seed) => {
      const shares = sampleDirichlet(alphas, new Random(seed));
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
      expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    }),
  );
});

test('a modality of alpha 0 gets no tokens', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 300 }), (seed, total) => {
      const random = new Random(seed);
      expect(allocateBudgets(total, [500, 500, 500], () => sampleDirichlet([0.3, 0, 2], random))[1]).toBe(0);
    }),
  );
});

test('without caps, budgets sum to the total', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 300 }), (seed, total) => {
      const random = new Random(seed);
      const budgets = allocateBudgets(total, [300, 300, 300], () => sampleDirichlet([0.5, 0.5, 0.5], random));
      expect(budgets.reduce((a, b) => a + b, 0)).toBe(total);
    }),
  );
});

test.each([[[0.5, 0.5, 0.5]], [[0.01, 0.01, 0.01]], [[5, 1, 0.2]], [[0.1, 0.5, 1, 3]]])(
  'shares of %j have the mean and variance of the distribution',
  (alphas) => {
    const random = new Random(1);
    const n = 40_000;
    const draws = Array.from({ length: n }, () => sampleDirichlet(alphas, random));
    const sum = alphas.reduce((a, b) => a + b, 0);
    alphas.forEach((alpha, m) => {
      const mean = draws.reduce((total, shares) => total + shares[m]!, 0) / n;
      const variance = draws.reduce((total, shares) => total + (shares[m]! - mean) ** 2, 0) / n;
      const share = alpha / sum;
      const expected = (share * (1 - share)) / (sum + 1);
      expect(Math.abs(mean - share)).toBeLessThan(4 * Math.sqrt(expected / n));
      expect(Math.abs(variance / expected - 1)).toBeLessThan(0.04);
    });
  },
);

test('budgets are redrawn until every modality has its minimum, but not forever', () => {
  const draws = [
    [1, 0],
    [0.5, 0.5],
  ];
  expect(allocateBudgets(4, [4, 4], () => draws.shift()!, [0, 2])).toEqual([2, 2]);
  let count = 0;
  const never = () => {
    count++;
    return [1, 0];
  };
  expect(allocateBudgets(4, [4, 4], never, [0, 1])).toEqual([4, 0]);
  expect(count).toBe(100);
});
