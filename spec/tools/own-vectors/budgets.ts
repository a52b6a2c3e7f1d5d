import { Random } from '../../../src/random.js';
import type { OwnVector } from './write.js';

/** Budgets at their limits. */
export function budgets(): Record<string, OwnVector> {
  return {
    budget_limits: limits(),
    budget_rounding: single('MSK-1', 'shares of which the total is no multiple', [
      { shares: [0.45, 0.35, 0.2], further: 1 },
    ]),
    budget_caps: single('MSK-2', 'shares that exceed their caps', [
      { shares: [0.875, 0.125, 0], further: 0 },
      { shares: [0.25, 0.625, 0.125], further: 0 },
    ]),
    budget_redraws: single('MSK-3', 'shares below a minimum, that are drawn anew', [
      { shares: [1, 0, 0], further: 0, redrawn: [0.5, 0.25, 0.25] },
      { shares: [0.5, 0.5, 0], further: 0, redrawn: [0.25, 0.375, 0.375] },
    ]),
  };
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
    description: 'draws below a minimum, once or always; tied shares; targets limited by the input',
    tier: 'core',
    options: { modalities: SHARES },
    data,
    expected: { values: [{ results: '/*/input_budget' }, { results: '/*/target_budget' }] },
    requirements: ['MSK-1', 'MSK-2', 'MSK-3'],
    flag: 'budget-redraws',
  };
}

interface Shares {
  /** In single precision, in proportions that only MSK-1 has to round. */
  readonly shares: readonly number[];
  /** How many tokens rounding leaves, each of which goes to the last modality. */
  readonly further: number;
  /** Shares that are drawn where the first ones are below a minimum. */
  readonly redrawn?: readonly number[];
}

/** One requirement at a time: only in the vector of MSK-1 is there something to round, of MSK-2 a cap, of MSK-3 a minimum. */
function single(requirement: 'MSK-1' | 'MSK-2' | 'MSK-3', description: string, cases: readonly Shares[]): OwnVector {
  const total = 16;
  const most = requirement === 'MSK-2' ? 8 : 2 * total;
  const least = requirement === 'MSK-3' ? 2 : 0;
  // An image has only the positions that the input leaves.
  const names = [requirement === 'MSK-2' ? 'tok_rgb@224' : 'metadata', 'caption', 'det'];
  const toLast = [0.25, 0.25, 0.5];
  const data = cases.map(({ shares, further, redrawn }) => {
    const draws = [shares, ...(redrawn ? [redrawn] : [])].flatMap((values) => [
      ['sample', values.map(Math.fround)],
      ['sample_n', Array.from({ length: further }, () => toLast)],
    ]);
    const budgetOf = (caps: readonly number[]) =>
      (redrawn ?? shares).map((share, m) =>
        Math.min(Math.floor(share * total) + (m === names.length - 1 ? further : 0), caps[m]!),
      );
    const input = budgetOf(names.map(() => most));
    const target = budgetOf(names.map((name, m) => (name.startsWith('tok') ? most - input[m]! : most)));
    return {
      ...{ dir_idx: 0, num_input_tokens: total, num_target_tokens: total, input_draws: draws, target_draws: draws },
      ...{ input_budget: input, target_budget: target },
    };
  });
  return {
    kind: 'mask.budget',
    description,
    tier: 'core',
    options: { modalities: names.map((modality) => ({ modality, min_tokens: least, max_tokens: most })) },
    data,
    expected: { values: [{ results: '/*/input_budget' }, { results: '/*/target_budget' }] },
    requirements: [requirement],
    flag: requirement === 'MSK-3' ? 'budget-redraws' : 'budget-rounding',
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
