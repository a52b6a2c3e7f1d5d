import { Random } from '../../../src/random.js';
import type { OwnVector } from './write.js';

/** Budgets at their limits. */
export function budgets(): Record<string, OwnVector> {
  return { budget_limits: limits() };
}

/** `[max, min]` tokens: an image, a sequence, an image. */
const SHARES = [
  { modality: 'tok_rgb@224', min_tokens: 0, max_tokens: 20 },
  { modality: 'caption', min_tokens: 3, max_tokens: 12 },
  { modality: 'tok_depth@224', min_tokens: 5, max_tokens: 16 },
];

/** Draws that miss a minimum: a few, all of a hundred, and targets that the input leaves no room for. */
function limits(): OwnVector {
  const random = new Random(15);
  const shares = (...weights: number[]): number[] => {
    const sum = weights.reduce((a, b) => a + b);
    return weights.map((weight) => Math.fround(weight / sum));
  };
  const any = () => shares(random.uniform() + 0.1, random.uniform() + 0.1, random.uniform() + 0.1);
  const starved = () => shares(random.uniform() + 1, 0.01, random.uniform() + 1);
  const tied = () => shares(1, 2, 2);
  const cases = [
    [any, any],
    [starved, any, any],
    [any, starved, starved, any],
    Array.from({ length: 101 }, () => starved),
    [tied, any],
  ];
  const data = cases.flatMap((draws) =>
    [24, 33].map((total) => {
      const input = drawn(total, [20, 12, 16], draws);
      const caps = [20 - input.budget[0]!, 12, Math.max(16 - input.budget[2]!, 5)];
      const target = drawn(total, caps, draws.toReversed());
      return {
        dir_idx: 0,
        num_input_tokens: total,
        num_target_tokens: total,
        input_draws: input.draws,
        target_draws: target.draws,
        input_budget: input.budget,
        target_budget: target.budget,
      };
    }),
  );
  return {
    kind: 'mask.budget',
    description:
      'draws that miss a minimum, once or always, ties between shares, and targets that the input leaves little room for',
    tier: 'core',
    options: { modalities: SHARES },
    data,
    expected: { values: [{ results: '/*/input_budget' }, { results: '/*/target_budget' }] },
    requirements: ['MSK-1', 'MSK-2', 'MSK-3'],
    flag: 'budget-redraws',
  };
}

/** Budgets by MSK-1 to MSK-3, and the draws that they took. */
function drawn(total: number, caps: readonly number[], sources: readonly (() => number[])[]) {
  const draws: ['sample' | 'sample_n', number[] | number[][]][] = [];
  let budget: number[] = [];
  for (let attempt = 0; attempt < 100; attempt++) {
    const source = sources[Math.min(attempt, sources.length - 1)]!;
    const first = source();
    const cut = first.map((share) => Math.floor(Math.fround(share * total)));
    const rest = total - cut.reduce((a, b) => a + b);
    const further = Array.from({ length: rest }, source);
    for (const share of further) cut[share.indexOf(Math.max(...share))]!++;
    draws.push(['sample', first], ['sample_n', further]);
    budget = cut.map((tokens, m) => Math.min(tokens, caps[m]!));
    if (budget.every((tokens, m) => tokens >= SHARES[m]!.min_tokens)) break;
  }
  return { budget, draws };
}
