import { cleanAndNoise, type Limit, limited, type PredictionType } from './prediction.js';
import { assertSameSize, noiseLike, type Sampler, weightedSum } from './sampler.js';
import { alphaBarAt, type NoiseSchedule } from './schedule.js';
import { denoisingTimesteps, stride } from './timesteps.js';

/** Options of {@link ddpm}. */
export interface DdpmOptions {
  readonly prediction: PredictionType;
  /** Limit of predicted clean images; none by default. */
  readonly limit?: Limit | undefined;
  /**
   * The variance of the noise that a step adds: that of the posterior (`fixed_small`, the default), or β of the step
   * (`fixed_large`).
   */
  readonly variance?: 'fixed_small' | 'fixed_large';
  /** Images in a sample, B; 1 if not given. Only the `percentile` limit depends on it. */
  readonly batch?: number;
}

/** Lower bound of the variance, as officially. */
const MIN_VARIANCE = 1e-20;

/**
 * Denoising diffusion probabilistic models (arXiv 2006.11239, equations 6 and 7). With a = ᾱ_t, b = ᾱ of t − ⌊T / steps⌋ (1 past
 * the end), α = a/b and β = 1 − α:
 *
 *     next = √b · β/(1−a) · x_0 + √α · (1−b)/(1−a) · x_t + σ · noise,   σ² = (1−b)/(1−a) · β
 *
 * and no noise at t = 0. The spacing is always `leading`. (`DDPMScheduler` officially.)
 *
 * @param steps 1 … T
 * @throws InvalidInputError for another number of steps
 */
export function ddpm(schedule: NoiseSchedule, steps: number, options: DdpmOptions): Sampler {
  const { prediction, limit, variance: kind = 'fixed_small', batch = 1 } = options;
  const total = schedule.alphaBars.length;
  const before = stride(steps, total);
  return {
    timesteps: denoisingTimesteps('leading', steps, total),
    step(sample, output, timestep, random) {
      assertSameSize(sample, output);
      const a = alphaBarAt(schedule, timestep);
      const b = alphaBarAt(schedule, timestep - before);
      const alpha = Math.fround(a / b);
      const beta = 1 - alpha;
      const clean = limited(cleanAndNoise(prediction, output, sample, a).clean, limit, batch);
      const kept = (1 - b) / (1 - a);
      const next = weightedSum([(Math.sqrt(b) * beta) / (1 - a), clean], [Math.sqrt(alpha) * kept, sample]);
      if (timestep === 0) return { next, clean };
      const variance = kind === 'fixed_large' ? beta : Math.max(kept * beta, MIN_VARIANCE);
      return { next: weightedSum([1, next], [Math.sqrt(variance), noiseLike(sample, random)]), clean };
    },
  };
}
