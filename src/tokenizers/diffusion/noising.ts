/** Clean images, noise and velocity, each from the others. (`add_noise`, `get_velocity`, `get_noise` officially.) */
import { InvalidInputError } from '../../errors.js';
import type { PredictionType } from './prediction.js';
import { alphaBarAt, type NoiseSchedule } from './schedule.js';

/**
 * x_t = √ᾱ_t · clean + √(1−ᾱ_t) · noise.
 *
 * @param clean     [B, ...], row-major
 * @param noise     of the same shape
 * @param timesteps one for each image, [B]
 * @returns         of the same shape
 * @throws InvalidInputError if the sizes do not match or a timestep is not in the schedule
 */
export function addNoise(
  schedule: NoiseSchedule,
  clean: Float32Array,
  noise: Float32Array,
  timesteps: ArrayLike<number>,
): Float32Array {
  return perImage(schedule, clean, noise, timesteps, (x, e, signal, sigma) => signal * x + sigma * e);
}

/** v = √ᾱ_t · noise − √(1−ᾱ_t) · clean: the target of a `v_prediction` network. Shapes and errors as for {@link addNoise}. */
export function velocity(
  schedule: NoiseSchedule,
  clean: Float32Array,
  noise: Float32Array,
  timesteps: ArrayLike<number>,
): Float32Array {
  return perImage(schedule, clean, noise, timesteps, (x, e, signal, sigma) => signal * e - sigma * x);
}

/** The image that a network is trained to predict from the noisy one. Shapes and errors as for {@link addNoise}. */
export function predictionTarget(
  type: PredictionType,
  schedule: NoiseSchedule,
  clean: Float32Array,
  noise: Float32Array,
  timesteps: ArrayLike<number>,
): Float32Array {
  if (type === 'sample') return clean;
  return type === 'epsilon' ? noise : velocity(schedule, clean, noise, timesteps);
}

/** noise = √ᾱ_t · v + √(1−ᾱ_t) · x_t, for the noisy image x_t. Shapes and errors as for {@link addNoise}. */
export function noiseOfVelocity(
  schedule: NoiseSchedule,
  noisy: Float32Array,
  v: Float32Array,
  timesteps: ArrayLike<number>,
): Float32Array {
  return perImage(schedule, noisy, v, timesteps, (x, y, signal, sigma) => signal * y + sigma * x);
}

function perImage(
  schedule: NoiseSchedule,
  a: Float32Array,
  b: Float32Array,
  timesteps: ArrayLike<number>,
  combine: (a: number, b: number, signal: number, sigma: number) => number,
): Float32Array {
  const size = a.length / timesteps.length;
  if (a.length !== b.length || !Number.isInteger(size)) {
    throw new InvalidInputError(`${a.length} and ${b.length} values are not two batches of ${timesteps.length} images`);
  }
  const result = new Float32Array(a.length);
  for (let image = 0; image < timesteps.length; image++) {
    const alphaBar = alphaBarAt(schedule, timesteps[image]!);
    const signal = Math.sqrt(alphaBar);
    const sigma = Math.sqrt(1 - alphaBar);
    for (let i = image * size; i < (image + 1) * size; i++) result[i] = combine(a[i]!, b[i]!, signal, sigma);
  }
  return result;
}
