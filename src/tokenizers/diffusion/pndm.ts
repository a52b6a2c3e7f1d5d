import { InvalidInputError } from '../../errors.js';
import { roundHalfToEven } from '../../numeric.js';
import { cleanAndNoise } from './prediction.js';
import { assertSameSize, type Sampler, weightedSum } from './sampler.js';
import { alphaBarAt, type NoiseSchedule } from './schedule.js';
import { evenly, stride, type TimestepSpacing } from './timesteps.js';

/** Options of {@link pndm}. */
export interface PndmOptions {
  readonly prediction: 'epsilon' | 'v_prediction';
  /** `leading` by default. */
  readonly spacing?: TimestepSpacing;
  /** Skips the initial Runge–Kutta steps, as in Stable Diffusion. (`skip_prk_steps` officially.) */
  readonly skipRungeKutta?: boolean;
  /** ᾱ after the last step: 1 if true, otherwise that of timestep 0. (`set_alpha_to_one` officially.) */
  readonly endsAtOne?: boolean;
  /** Added to every timestep of the `leading` spacing; 0 if not given. (`steps_offset` officially.) */
  readonly offset?: number;
}

const f32 = Math.fround;

/** The Runge–Kutta steps lead from the first of these timesteps to the last, which is the first of the multistep method. */
const RUNGE_KUTTA_TIMESTEPS = 4;
/** Evaluations of the network in a Runge–Kutta step. */
const CALLS = 4;

/** Adams–Bashforth weights of the latest outputs, the newest last, by their number. */
const MULTISTEP = [
  [],
  [1],
  [-1 / 2, 3 / 2],
  [5 / 12, -16 / 12, 23 / 12],
  [-9 / 24, 37 / 24, -59 / 24, 55 / 24],
] as const;

/**
 * Pseudo numerical methods for diffusion models (arXiv 2202.09778; `PNDMScheduler` officially). The first three steps are
 * Runge–Kutta steps, which evaluate the network four times each. The others evaluate it once and combine its latest four outputs
 * linearly (Adams–Bashforth). With `skipRungeKutta` the multistep method starts at once, with as many outputs as there are,
 * and evaluates the second timestep twice.
 *
 * `timesteps` of the sampler has one entry for each evaluation: `steps` + 9 with Runge–Kutta steps; `steps` + 1 without them, or 1 for a
 * single step.
 *
 * The sampler is stateful: create one for each run, and call `step` for its timesteps in order.
 *
 * @param schedule ᾱ above 0 at every timestep
 * @param steps    1 … T; at least 4 with Runge–Kutta steps
 * @throws InvalidInputError for another number of steps, or a schedule that ends in ᾱ = 0
 */
export function pndm(schedule: NoiseSchedule, steps: number, options: PndmOptions): Sampler {
  const { prediction, spacing = 'leading', skipRungeKutta = false, endsAtOne = false, offset = 0 } = options;
  const total = schedule.alphaBars.length;
  const before = stride(steps, total);
  const half = Math.floor(before / 2);
  if (schedule.alphaBars.at(-1) === 0) {
    throw new InvalidInputError('PNDM needs a noise schedule without zero terminal SNR');
  }
  const rising = risingTimesteps(spacing, steps, total, offset);
  const rungeKutta = skipRungeKutta ? [] : rungeKuttaTimesteps(rising, half);
  const multistep = skipRungeKutta ? withSecondTwice(rising) : rising.slice(0, 1 - RUNGE_KUTTA_TIMESTEPS).reverse();

  let outputs: Float32Array[] = [];
  let calls = 0;
  /** Sample at the start of a step with several evaluations. */
  let start: Float32Array = new Float32Array();
  /** Weighted sum of the outputs of a Runge–Kutta step so far. */
  let average: Float32Array = new Float32Array();

  const move = (sample: Float32Array, output: Float32Array, from: number, to: number): Float32Array => {
    const a = alphaBarAt(schedule, from);
    const { noise } = cleanAndNoise(prediction, output, sample, a);
    return transfer(sample, noise, a, alphaBarAt(schedule, to, endsAtOne));
  };

  const rungeKuttaStep = (sample: Float32Array, output: Float32Array, timestep: number): Float32Array => {
    const call = calls % CALLS;
    if (call === 0) {
      start = sample.slice();
      outputs.push(output.slice());
    }
    const weight = call === 0 || call === 3 ? 1 / 6 : 1 / 3;
    average = call === 0 ? weightedSum([weight, output]) : weightedSum([1, average], [weight, output]);
    const to = timestep - (call % 2 === 0 ? half : 0);
    return move(start, call === 3 ? average : output, rungeKutta[calls - call]!, to);
  };

  const multistepStep = (sample: Float32Array, output: Float32Array, timestep: number): Float32Array => {
    if (calls === 1) {
      return move(start, weightedSum([1 / 2, output], [1 / 2, outputs[0]!]), timestep + before, timestep);
    }
    if (calls === 0) start = sample.slice();
    outputs = [...outputs.slice(-3), output.slice()];
    const weights = MULTISTEP[outputs.length]!;
    return move(sample, weightedSum(...outputs.map((x, i) => [weights[i]!, x] as const)), timestep, timestep - before);
  };

  return {
    timesteps: Int32Array.from([...rungeKutta, ...multistep]),
    step(sample, output, timestep) {
      assertSameSize(sample, output);
      const take = calls < rungeKutta.length ? rungeKuttaStep : multistepStep;
      const next = take(sample, output, timestep);
      calls++;
      return { next, clean: undefined };
    },
  };
}

/**
 * From ᾱ = a to ᾱ = b along the noise ε (equation 9 of the paper):
 * √(b/a) · x − (b − a) · ε / (a √(1−b) + √(a (1−a) b)).
 *
 * In single precision, operation by operation as officially: near ᾱ = 0 both terms are thousands of times larger than their sum,
 * so that rounding is visible.
 */
function transfer(sample: Float32Array, noise: Float32Array, a: number, b: number): Float32Array {
  const kept = f32(Math.sqrt(f32(b / a)));
  const gap = f32(b - a);
  const divisor = f32(f32(a * f32(Math.sqrt(f32(1 - b)))) + f32(Math.sqrt(f32(f32(a * f32(1 - a)) * b))));
  return sample.map((x, i) => f32(kept * x) - f32(f32(gap * noise[i]!) / divisor));
}

/** Unlike DDIM's, the `trailing` stride is not rounded, and `linspace` ends at timestep 0. */
function risingTimesteps(spacing: TimestepSpacing, steps: number, total: number, offset: number): number[] {
  switch (spacing) {
    case 'leading':
      return Array.from({ length: steps }, (_, i) => i * stride(steps, total) + offset);
    case 'linspace':
      return [...evenly(0, total - 1, steps)];
    case 'trailing': {
      // NumPy's arange steps by the difference of its first two values, which decides the halves. For some numbers of steps (61
      // of 1000) it returns one value too many, timestep -1; it is dropped here.
      const step = total - total / steps - total;
      return Array.from({ length: steps }, (_, i) => roundHalfToEven(total + i * step) - 1).reverse();
    }
  }
}

/**
 * Timesteps at which the Runge–Kutta steps evaluate the network. A step from t₁ down to t₂ does so at t₁, twice at their midpoint
 * t₂ + half, and at t₂.
 *
 * @param rising all timesteps, ascending; the last four are used
 * @returns      12 timesteps, four a step: [t₁, t₂ + half, t₂ + half, t₂, t₂, t₃ + half, …, t₄]
 */
function rungeKuttaTimesteps(rising: readonly number[], half: number): number[] {
  if (rising.length < RUNGE_KUTTA_TIMESTEPS) {
    throw new InvalidInputError(
      `PNDM with Runge–Kutta steps needs at least ${RUNGE_KUTTA_TIMESTEPS} steps, not ${rising.length}`,
    );
  }
  const points = rising.slice(-RUNGE_KUTTA_TIMESTEPS).flatMap((t) => [t, t + half]);
  return points
    .slice(0, -1)
    .flatMap((t) => [t, t])
    .slice(1, -1)
    .reverse();
}

function withSecondTwice(rising: readonly number[]): number[] {
  return [...rising.slice(0, -1), ...rising.slice(-2, -1), ...rising.slice(-1)].reverse();
}
