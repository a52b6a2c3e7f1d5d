/**
 * The exact denoiser of a small set of pictures. If clean images are equally likely to be any of K pictures, the mean of the
 * clean image given a noisy one is a softmax over the pictures; no network is needed. A trained denoiser approximates this for
 * all pictures of the world.
 */
import { alphaBarAt, type NoiseSchedule } from '../../../src/tokenizers/diffusion/schedule.js';

/**
 * @param pictures the K pictures, each of n values in -1…1
 * @param prior    logarithm of how likely each is before anything is seen, [K]
 * @returns        the expected clean image for x_t, [n]
 */
export function expectedClean(
  pictures: readonly Float32Array[],
  prior: readonly number[],
  schedule: NoiseSchedule,
  noisy: Float32Array,
  timestep: number,
): Float32Array {
  const alphaBar = alphaBarAt(schedule, timestep);
  const signal = Math.sqrt(alphaBar);
  const scores = pictures.map((picture, k) => {
    let squared = 0;
    for (let i = 0; i < noisy.length; i++) squared += (noisy[i]! - signal * picture[i]!) ** 2;
    return prior[k]! - squared / (2 * (1 - alphaBar));
  });
  const largest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - largest));
  const total = weights.reduce((a, b) => a + b);
  const mean = new Float32Array(noisy.length);
  pictures.forEach((picture, k) => {
    const weight = weights[k]! / total;
    if (weight < 1e-9) return;
    for (let i = 0; i < mean.length; i++) mean[i]! += weight * picture[i]!;
  });
  return mean;
}
