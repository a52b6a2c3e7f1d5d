/** The timesteps of a denoising run, out of the T timesteps of training. (`set_timesteps` of the official schedulers.) */
import { InvalidInputError } from '../../errors.js';
import { roundHalfToEven } from '../../numeric.js';

/** Names of arXiv 2305.08891, table 2: multiples of the stride from 0 up, from T down, or evenly from end to end. */
export type TimestepSpacing = 'leading' | 'trailing' | 'linspace';

/**
 * The timesteps of a DDIM run (and, with `leading`, of a DDPM run), falling. The stride is ⌊T / steps⌋, and so `trailing` gives
 * more timesteps than requested when `steps` does not divide T, as officially (30 of 1000 are 31).
 *
 * @param steps     number of steps, 1 … T
 * @param timesteps T, the timesteps of training
 * @throws InvalidInputError for a number of steps outside 1 … T
 */
export function denoisingTimesteps(spacing: TimestepSpacing, steps: number, timesteps: number): Int32Array {
  const length = stride(steps, timesteps);
  switch (spacing) {
    case 'leading':
      return Int32Array.from({ length: steps }, (_, i) => (steps - 1 - i) * length);
    case 'trailing':
      return Int32Array.from({ length: Math.ceil(timesteps / length) }, (_, i) => timesteps - 1 - i * length);
    case 'linspace':
      return evenly(timesteps, 1, steps).map((t) => t - 1);
  }
}

/** ⌊T / steps⌋. @throws InvalidInputError for a number of steps outside 1 … T */
export function stride(steps: number, timesteps: number): number {
  if (!Number.isInteger(steps) || steps < 1 || steps > timesteps) {
    throw new InvalidInputError(
      `the number of denoising steps must be a whole number from 1 to ${timesteps}, not ${steps}`,
    );
  }
  return Math.floor(timesteps / steps);
}

/** `n` whole numbers from `start` to `end`, as evenly spaced as rounding allows; `start` alone for one. */
export function evenly(start: number, end: number, n: number): Int32Array {
  const step = (end - start) / Math.max(n - 1, 1);
  return Int32Array.from({ length: n }, (_, i) => roundHalfToEven(i === n - 1 && i > 0 ? end : start + i * step));
}
