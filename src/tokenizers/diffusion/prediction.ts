/** Clean image and noise from the output of a denoising network. */
import { InvalidInputError } from '../../errors.js';
import { weightedSum } from './sampler.js';

/** The network predicts the noise, the clean image, or the velocity √ᾱ · noise − √(1−ᾱ) · clean. */
export type PredictionType = 'epsilon' | 'sample' | 'v_prediction';

/**
 * Limit of predicted clean images.
 *
 * - `clip`: to [−clip, clip] (`clip_sample` officially)
 * - `percentile`: dynamic thresholding (arXiv 2205.11487): with s the percentile of an image's absolute values, kept within
 *   [1, highest], clips to [−s, s] and divides by s. With `highest` 1, the official default, that clips to [−1, 1].
 *   (`thresholding`, which officially takes precedence over `clip_sample`.)
 */
export type Limit =
  | { readonly clip: number }
  | {
      /** A fraction; 0.995 officially. */
      readonly percentile: number;
      /** The highest s; 1 officially. */
      readonly highest: number;
    };

/**
 * x_0 and ε of x_t = √ᾱ x_0 + √(1−ᾱ) ε, given one of them or the velocity. At ᾱ = 0, x_0 from ε is not finite.
 *
 * @param output of the network, of the sample's shape
 * @param sample x_t
 */
export function cleanAndNoise(
  type: PredictionType,
  output: Float32Array,
  sample: Float32Array,
  alphaBar: number,
): { clean: Float32Array; noise: Float32Array } {
  const signal = Math.sqrt(alphaBar);
  const sigma = Math.sqrt(1 - alphaBar);
  switch (type) {
    case 'epsilon':
      return { clean: sample.map((x, i) => (x - sigma * output[i]!) / signal), noise: output };
    case 'sample':
      return { clean: output, noise: noiseIn(sample, output, alphaBar) };
    case 'v_prediction':
      return {
        clean: weightedSum([signal, sample], [-sigma, output]),
        noise: weightedSum([signal, output], [sigma, sample]),
      };
  }
}

/** ε = (x_t − √ᾱ x_0) / √(1−ᾱ). */
export function noiseIn(sample: Float32Array, clean: Float32Array, alphaBar: number): Float32Array {
  const signal = Math.sqrt(alphaBar);
  const sigma = Math.sqrt(1 - alphaBar);
  return sample.map((x, i) => (x - signal * clean[i]!) / sigma);
}

/**
 * @param clean [batch, ...]
 * @throws InvalidInputError if the values are not `batch` images
 */
export function limited(clean: Float32Array, limit: Limit | undefined, batch: number): Float32Array {
  if (!limit) return clean;
  if ('clip' in limit) return clean.map((x) => clamp(x, limit.clip));
  const size = clean.length / batch;
  if (!Number.isInteger(size)) throw new InvalidInputError(`${clean.length} values are not a batch of ${batch} images`);
  const result = new Float32Array(clean.length);
  for (let start = 0; start < clean.length; start += size) {
    const image = clean.subarray(start, start + size);
    const s = Math.min(Math.max(quantile(image.map(Math.abs), limit.percentile), 1), limit.highest);
    result.set(
      image.map((x) => clamp(x, s) / s),
      start,
    );
  }
  return result;
}

/** Linear interpolation between the two nearest values. */
function quantile(values: Float32Array, fraction: number): number {
  const sorted = values.sort();
  const rank = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(rank)]!;
  return below + (rank - Math.floor(rank)) * (sorted[Math.ceil(rank)]! - below);
}

function clamp(x: number, range: number): number {
  return Math.min(Math.max(x, -range), range);
}
