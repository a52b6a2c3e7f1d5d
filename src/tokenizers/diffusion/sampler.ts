import { InvalidInputError } from '../../errors.js';
import type { Random } from '../../random.js';

/** A diffusion sampler: from standard normal noise to a clean image. Its steps must be called in order. */
export interface Sampler {
  /** Timesteps at which to evaluate the network, in order. */
  readonly timesteps: Int32Array;
  /**
   * @param sample   x_t, [B, ...] in row-major order
   * @param output   of the network, of the same shape
   * @param timestep t
   * @param random   source of the noise that the step adds, if any
   * @throws InvalidInputError if sample and output differ in size, or the timestep is not in the schedule
   */
  step(sample: Float32Array, output: Float32Array, timestep: number, random: NoiseSource): DenoisingStep;
}

/** One step of a sampler, from more noise to less. */
export interface DenoisingStep {
  /** The sample of the next timestep in order, or the result after the last. */
  readonly next: Float32Array;
  /** The predicted clean image, if the sampler computes it. */
  readonly clean: Float32Array | undefined;
}

/** Σ weight · values, rounded to single precision once. */
export function weightedSum(...terms: (readonly [weight: number, values: Float32Array])[]): Float32Array {
  const [, shape] = terms[0]!;
  return Float32Array.from(shape, (_, i) => terms.reduce((sum, [weight, values]) => sum + weight * values[i]!, 0));
}

/** Source of noise: one generator for a batch, or one for each image, [B], so that images are independent. */
export type NoiseSource = Pick<Random, 'normal'> | readonly Pick<Random, 'normal'>[];

/** Standard normal noise of a sample's size. */
export function noiseLike(sample: Float32Array, random: NoiseSource): Float32Array {
  const generators = 'normal' in random ? [random] : random;
  const each = sample.length / generators.length;
  return sample.map((_, i) => generators[Math.floor(i / each)]!.normal());
}

export function assertSameSize(sample: Float32Array, output: Float32Array): void {
  if (sample.length === output.length) return;
  throw new InvalidInputError(`the network's output has ${output.length} values, for a sample of ${sample.length}`);
}
