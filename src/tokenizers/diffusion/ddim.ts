import { cleanAndNoise, type Limit, limited, noiseIn, type PredictionType } from './prediction.js';
import { assertSameSize, noiseLike, type Sampler, weightedSum } from './sampler.js';
import { alphaBarAt, type NoiseSchedule } from './schedule.js';
import { denoisingTimesteps, stride, type TimestepSpacing } from './timesteps.js';

/** Options of {@link ddim}. */
export interface DdimOptions {
  readonly prediction: PredictionType;
  readonly spacing: TimestepSpacing;
  /** Limit of predicted clean images; none by default. */
  readonly limit?: Limit | undefined;
  /** Noise added in a step, as a fraction of that of DDPM; 0 by default. */
  readonly eta?: number;
  /** Recomputes the noise from the limited clean image; false by default. */
  readonly noiseFromLimited?: boolean;
  /** Past the last timestep, ᾱ is 1 (the default) or that of timestep 0. (`set_alpha_to_one` officially.) */
  readonly endsAtOne?: boolean;
  /** Added to every timestep; 0 if not given. (`steps_offset` officially.) */
  readonly offset?: number;
  /** Images in a sample, B; 1 if not given. Only the `percentile` limit depends on it. */
  readonly batch?: number;
}

/**
 * Denoising diffusion implicit models (arXiv 2010.02502, equations 12 and 16). With a = ᾱ_t, b = ᾱ of t − ⌊T / steps⌋ (for every
 * spacing), and σ² = η² · (1−b)/(1−a) · (1 − a/b):
 *
 *     next = √b · x_0 + √(1 − b − σ²) · ε + σ · noise
 *
 * (`DDIMScheduler` officially.)
 *
 * @param steps as for {@link denoisingTimesteps}
 * @throws InvalidInputError for a number of steps outside 1 … T
 */
export function ddim(schedule: NoiseSchedule, steps: number, options: DdimOptions): Sampler {
  const { prediction, spacing, limit, eta = 0, noiseFromLimited, endsAtOne = true, offset = 0, batch = 1 } = options;
  const total = schedule.alphaBars.length;
  const before = stride(steps, total);
  return {
    timesteps: denoisingTimesteps(spacing, steps, total).map((t) => t + offset),
    step(sample, output, timestep, random) {
      assertSameSize(sample, output);
      const a = alphaBarAt(schedule, timestep);
      const b = alphaBarAt(schedule, timestep - before, endsAtOne);
      const predicted = cleanAndNoise(prediction, output, sample, a);
      const clean = limited(predicted.clean, limit, batch);
      const noise = noiseFromLimited ? noiseIn(sample, clean, a) : predicted.noise;
      const variance = eta ** 2 * ((1 - b) / (1 - a)) * (1 - a / b);
      // At η = 1 and ᾱ_t = 0 the factor of ε is 0; rounding must not make it negative.
      const direction = Math.sqrt(Math.max(1 - b - variance, 0));
      const next = weightedSum([Math.sqrt(b), clean], [direction, noise]);
      if (eta === 0) return { next, clean };
      return { next: weightedSum([1, next], [Math.sqrt(variance), noiseLike(sample, random)]), clean };
    },
  };
}
