import { InvalidInputError } from '../../errors.js';
import type { Random } from '../../random.js';

/** A way from noise back to a clean image. Start with a sample of standard normal noise and take the steps in order. */
export interface Sampler {
  /** Timesteps at which to evaluate the network, in order. */
  readonly timesteps: Int32Array;
  /**
   * @param sample   x_t, [B, ...] in row-major order
   * @param output   of the network, of the same shape
   * @param timestep t
   * @param random   where noise is added, it comes from here
   * @throws InvalidInputError when sample and output differ in size, or the timestep is not one of the schedule's
   */
  step(sample: Float32Array, output: Float32Array, timestep: number, random: NoiseSource): DenoisingStep;
}

/** One step of a sampler, from more noise to less. */
export interface DenoisingStep {
  /** The sample of the next timestep in order, or the result after the last. */
  readonly next: Float32Array;
  /** The clean image that the output amounts to, where the sampler has made one out. */
  readonly clean: Float32Array | undefined;
}

/** Σ weight · values, rounded to single precision once. */
export function weightedSum(...terms: (readonly [weight: number, values: Float32Array])[]): Float32Array {
  const [, shape] = terms[0]!;
  return Float32Array.from(shape, (_, i) => terms.reduce((sum, [weight, values]) => sum + weight * values[i]!, 0));
}

/** Where noise comes from: one generator for a batch, or one for each image, [B], so that an image does not depend on the others. */
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
