/** How many tokens each decoding step decides, and how boldly. (`fourm/utils/generation.py` officially.) */
import { InvalidInputError } from '../errors.js';
import { roundHalfToEven } from '../rounding.js';

/** Few tokens at first and last, many in between (`cosine`), or the same number in every step (`linear`). */
export type TokenSchedule = 'cosine' | 'linear';

/** No target has so many tokens, and a step decides at least one. */
const MAX_STEPS = 2 ** 16;

/** Temperatures below this are raised to it: a step is never exactly greedy unless the whole schedule is. */
const MIN_TEMPERATURE = 1e-9;

/**
 * How many tokens each step decides. The entries are at least 1 and sum to `tokens`; there may be fewer than `steps`.
 *
 * @param compat with `official`, the cosine entries are rounded one by one and the last takes what is left, so that entries
 *               can be 0 and the last even negative (33 steps for 256 tokens end in -1)
 */
export function tokenSchedule(kind: TokenSchedule, steps: number, tokens: number, compat?: 'official'): number[] {
  if (!Number.isInteger(steps) || steps < 1 || steps > MAX_STEPS) {
    throw new InvalidInputError(
      `the number of decoding steps must be a whole number from 1 to ${MAX_STEPS}, not ${steps}`,
    );
  }
  if (kind === 'linear') return linearSchedule(steps, tokens);
  if (kind !== 'cosine') throw new InvalidInputError(`a token schedule is cosine or linear, not '${kind}'`);
  return compat ? roundedCosineSchedule(steps, tokens) : cosineSchedule(steps, tokens);
}

/** Rounds how many tokens are left after each step, so that the counts in between are never negative. */
function cosineSchedule(steps: number, tokens: number): number[] {
  const left = (step: number) => (step === steps ? 0 : Math.round(tokens * cosineMaskRatio(step, steps)));
  return Array.from({ length: steps }, (_, step) => left(step) - left(step + 1)).filter((count) => count > 0);
}

function roundedCosineSchedule(steps: number, tokens: number): number[] {
  const counts = Array.from({ length: steps - 1 }, (_, step) =>
    roundHalfToEven(tokens * (cosineMaskRatio(step, steps) - cosineMaskRatio(step + 1, steps))),
  );
  return [...counts, tokens - sum(counts)];
}

/** The share of tokens that is still open after `step` of `steps` steps. */
function cosineMaskRatio(step: number, steps: number): number {
  return 1 - 0.5 * (1 - Math.cos((Math.PI * step) / steps));
}

function linearSchedule(steps: number, tokens: number): number[] {
  const done = (step: number) => (step === steps ? tokens : Math.floor(step * (tokens / steps)));
  return Array.from({ length: steps }, (_, step) => done(step + 1) - done(step))
    .sort((a, b) => b - a)
    .filter((count) => count > 0);
}

/** What is left of a schedule when some tokens are decided already. (`continue_schedule` officially.) */
export function continueSchedule(schedule: readonly number[], decided: number): number[] {
  const totals = runningSums(schedule);
  const first = totals.findIndex((total) => total > decided);
  if (first < 0) return [];
  return [totals[first]! - decided, ...schedule.slice(first + 1)];
}

/**
 * How the temperature changes from step to step.
 *
 * - `constant`
 * - `linear`: falls with the share of tokens that are still open
 * - `{ lowest, power }`: falls as one over x, from the start temperature towards `lowest` (`onex:lowest:power` officially)
 */
export type TemperatureSchedule = 'constant' | 'linear' | { readonly lowest: number; readonly power: number };

/**
 * A temperature schedule as the official options write it: `constant`, `linear` or `onex:<lowest>:<power>`.
 *
 * @throws InvalidInputError for anything else
 */
export function parseTemperatureSchedule(option: string): TemperatureSchedule {
  if (option === 'constant' || option === 'linear') return option;
  const [name, ...numbers] = option.split(':');
  const [lowest = Number.NaN, power = Number.NaN] = numbers.map((text) =>
    text.trim() === '' ? Number.NaN : Number(text),
  );
  if (name !== 'onex' || numbers.length !== 2 || !Number.isFinite(lowest) || !Number.isFinite(power)) {
    throw new InvalidInputError(`a temperature schedule is constant, linear or onex:<lowest>:<power>, not '${option}'`);
  }
  return { lowest, power };
}

/** The temperature of every step of a token schedule. */
export function temperatures(kind: TemperatureSchedule, start: number, schedule: readonly number[]): number[] {
  if (kind === 'constant') return schedule.map(() => start);
  const total = sum(schedule);
  const decided = runningSums(schedule);
  const raised = (temperature: number) => Math.max(temperature, MIN_TEMPERATURE);
  if (kind === 'linear') {
    return schedule.map((_, step) => raised(step === 0 ? start : (start * (total - decided[step - 1]!)) / total));
  }
  const { lowest, power } = kind;
  // The curve has a point for each token but is read by step, and scaled by the share still open: as published. An official
  // schedule with more steps than tokens, some of them empty, runs out of curve; its last steps have no temperature.
  const last = Math.max(total - 1, 1);
  const curve = (i: number) => (1 + (99 * i) / last) ** -power;
  const height = 1 - curve(last);
  return schedule.slice(0, total).map((_, step) => {
    const relative = (curve(step) - curve(last)) / height;
    return raised(lowest + (start - lowest) * (1 - decided[step]! / total) * relative);
  });
}

/** Temperatures that fall from `highest` to `lowest` with the share of decided tokens. (`decreasing_temp_schedule`.) */
export function decreasingTemperatures(highest: number, lowest: number, schedule: readonly number[]): number[] {
  const total = sum(schedule);
  return runningSums(schedule).map((decided) => lowest + (highest - lowest) * (1 - decided / total));
}

function runningSums(values: readonly number[]): number[] {
  let total = 0;
  return values.map((value) => {
    total += value;
    return total;
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
