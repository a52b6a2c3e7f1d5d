/** Number of tokens and temperature of each decoding step. (`fourm/utils/generation.py` officially.) */
import { InvalidInputError } from '../errors.js';
import { roundHalfToEven } from '../numeric.js';

/** `cosine`: few tokens in the first and last steps, many in between; `linear`: equally many in every step. */
export type TokenSchedule = 'cosine' | 'linear';

/** More than any target has tokens. */
const MAX_STEPS = 2 ** 16;

/** Lower bound of non-constant schedules, so that no step is exactly greedy. */
const MIN_TEMPERATURE = 1e-9;

/**
 * Number of tokens in each step. The entries are at least 1 and sum to `tokens`; there may be fewer than `steps`.
 *
 * @param compat with `official`, the cosine entries are rounded separately and the last is the remainder, so that entries can be 0
 *               and the last one negative (-1 in 33 steps for 256 tokens)
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

/** Rounds the cumulative counts, so that no entry is negative. */
function cosineSchedule(steps: number, tokens: number): number[] {
  const masked = (step: number) => (step === steps ? 0 : Math.round(tokens * cosineMaskRatio(step, steps)));
  return Array.from({ length: steps }, (_, step) => masked(step) - masked(step + 1)).filter((count) => count > 0);
}

function roundedCosineSchedule(steps: number, tokens: number): number[] {
  const counts = Array.from({ length: steps - 1 }, (_, step) =>
    roundHalfToEven(tokens * (cosineMaskRatio(step, steps) - cosineMaskRatio(step + 1, steps))),
  );
  return [...counts, tokens - sum(counts)];
}

/** Fraction of tokens that are still masked after `step` of `steps` steps. */
function cosineMaskRatio(step: number, steps: number): number {
  return 1 - 0.5 * (1 - Math.cos((Math.PI * step) / steps));
}

function linearSchedule(steps: number, tokens: number): number[] {
  const done = (step: number) => (step === steps ? tokens : Math.floor(step * (tokens / steps)));
  return Array.from({ length: steps }, (_, step) => done(step + 1) - done(step))
    .sort((a, b) => b - a)
    .filter((count) => count > 0);
}

/** The rest of a schedule after some tokens are committed. (`continue_schedule` officially.) */
export function continueSchedule(schedule: readonly number[], committed: number): number[] {
  const totals = runningSums(schedule);
  const first = totals.findIndex((total) => total > committed);
  if (first < 0) return [];
  return [totals[first]! - committed, ...schedule.slice(first + 1)];
}

/**
 * The temperature over the steps.
 *
 * - `constant`
 * - `linear`: proportional to the fraction of tokens that are still masked
 * - `{ lowest, power }`: falls like 1/x^power from the start temperature towards `lowest` (`onex:lowest:power` officially)
 */
export type TemperatureSchedule = 'constant' | 'linear' | { readonly lowest: number; readonly power: number };

/**
 * Parses a temperature schedule in the official notation: `constant`, `linear` or `onex:<lowest>:<power>`.
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
  const committed = runningSums(schedule);
  const raised = (temperature: number) => Math.max(temperature, MIN_TEMPERATURE);
  if (kind === 'linear') {
    return schedule.map((_, step) => raised(step === 0 ? start : (start * (total - committed[step - 1]!)) / total));
  }
  const { lowest, power } = kind;
  // As officially, the curve has a point for each token but is indexed by step, and is scaled by the fraction still masked. If an
  // official schedule has more steps than tokens (some empty), the last steps have no temperature.
  const last = Math.max(total - 1, 1);
  const curve = (i: number) => (1 + (99 * i) / last) ** -power;
  const height = 1 - curve(last);
  return schedule.slice(0, total).map((_, step) => {
    const relative = (curve(step) - curve(last)) / height;
    return raised(lowest + (start - lowest) * (1 - committed[step]! / total) * relative);
  });
}

/** Temperatures falling linearly from `highest` to `lowest` with the fraction of committed tokens. (`decreasing_temp_schedule`.) */
export function decreasingTemperatures(highest: number, lowest: number, schedule: readonly number[]): number[] {
  const total = sum(schedule);
  return runningSums(schedule).map((committed) => lowest + (highest - lowest) * (1 - committed / total));
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
