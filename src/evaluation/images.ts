import { InvalidInputError } from '../errors.js';
import type { Raster } from '../media/raster.js';
import { nothingMeasured } from './checks.js';
import { mean } from './statistics.js';

/** The weights that SSIM looks at a neighbourhood with, across and down. */
export type SsimWindow = 'uniform' | 'gaussian';

/** Uniform: 7 × 7 pixels. Gaussian: standard deviation 1.5 and 11 × 11 pixels, as in the SSIM paper. */
const WINDOWS: Readonly<Record<SsimWindow, Float64Array>> = {
  uniform: new Float64Array(7).fill(1 / 7),
  gaussian: gaussian(1.5, 5),
};

/** How alike pictures are, each the mean over pictures. */
export interface ImageScores {
  /** Peak signal-to-noise ratio in decibels; Infinity as soon as one picture is reproduced exactly. */
  readonly psnr: number;
  /** Structural similarity with the uniform window, −1…1; 1 is perfect. */
  readonly ssim: number;
}

/** Compares pictures, one by one. */
export class ImageMetric {
  readonly #range: number;
  readonly #psnrs: number[] = [];
  readonly #ssims: number[] = [];

  /** @param range the difference between the largest and the smallest value that a picture can have */
  constructor(range = 255) {
    this.#range = range;
  }

  /** @throws {InvalidInputError} if the sizes differ, or are below 7 × 7 */
  add(predicted: Raster, truth: Raster): void {
    this.#psnrs.push(psnr(predicted, truth, this.#range));
    this.#ssims.push(ssim(predicted, truth, { range: this.#range }));
  }

  /** @throws {InvalidInputError} before any picture has been added */
  result(): ImageScores {
    if (this.#psnrs.length === 0) throw nothingMeasured('ImageMetric');
    return { psnr: mean(this.#psnrs), ssim: mean(this.#ssims) };
  }
}

/**
 * Peak signal-to-noise ratio of two pictures, in decibels; Infinity for equal ones.
 *
 * @param range the difference between the largest and the smallest value that a picture can have
 * @throws {InvalidInputError} if the sizes differ
 */
export function psnr(a: Raster, b: Raster, range = 255): number {
  checkSizes(a, b);
  let squared = 0;
  for (let i = 0; i < a.data.length; i++) squared += (a.data[i]! - b.data[i]!) ** 2;
  return 10 * Math.log10(range ** 2 / (squared / a.data.length));
}

/**
 * Structural similarity of two pictures (Wang et al., 2004): the mean over channels and over all places where the whole
 * window lies inside the picture. Both windows give what `structural_similarity` of scikit-image gives for them.
 *
 * @returns −1…1; 1 for equal pictures
 * @throws {InvalidInputError} if the sizes differ, or the pictures are smaller than the window
 */
export function ssim(
  a: Raster,
  b: Raster,
  { range = 255, window = 'uniform' }: { range?: number; window?: SsimWindow } = {},
): number {
  checkSizes(a, b);
  const weights = WINDOWS[window];
  if (Math.min(a.width, a.height) < weights.length) {
    const least = `${weights.length}×${weights.length}`;
    throw new InvalidInputError(`SSIM needs pictures of at least ${least} pixels, not ${a.width}×${a.height}`);
  }
  // The uniform window takes its variances as those of a sample, the Gaussian one as those of the whole.
  const correction = window === 'uniform' ? weights.length ** 2 / (weights.length ** 2 - 1) : 1;
  const channels = Array.from({ length: a.channels }, (_, channel) => {
    const x = channelOf(a, channel);
    const y = channelOf(b, channel);
    const average = (values: Float64Array) => filter(values, a.width, a.height, weights);
    const [meanX, meanY] = [average(x), average(y)];
    const squaresX = average(x.map((value) => value * value));
    const squaresY = average(y.map((value) => value * value));
    const products = average(x.map((value, i) => value * y[i]!));
    const c1 = (0.01 * range) ** 2;
    const c2 = (0.03 * range) ** 2;
    return mean(
      meanX.map((mx, i) => {
        const my = meanY[i]!;
        const varianceX = correction * (squaresX[i]! - mx * mx);
        const varianceY = correction * (squaresY[i]! - my * my);
        const covariance = correction * (products[i]! - mx * my);
        return ((2 * mx * my + c1) * (2 * covariance + c2)) / ((mx * mx + my * my + c1) * (varianceX + varianceY + c2));
      }),
    );
  });
  return mean(channels);
}

function gaussian(deviation: number, radius: number): Float64Array {
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - radius) / deviation) ** 2),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function channelOf({ data, channels }: Raster, channel: number): Float64Array {
  return Float64Array.from({ length: data.length / channels }, (_, i) => data[i * channels + channel]!);
}

/** Weighted means across and down, at the places where the whole window lies inside. */
function filter(values: Float64Array, width: number, height: number, weights: Float64Array): Float64Array {
  const outWidth = width - weights.length + 1;
  const outHeight = height - weights.length + 1;
  const across = new Float64Array(outWidth * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * values[y * width + x + k]!;
      across[y * outWidth + x] = sum;
    }
  }
  const out = new Float64Array(outWidth * outHeight);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += weights[k]! * across[i + k * outWidth]!;
    out[i] = sum;
  }
  return out;
}

function checkSizes(a: Raster, b: Raster): void {
  if (a.width === b.width && a.height === b.height && a.channels === b.channels) return;
  const size = ({ width, height, channels }: Raster) => `${width}×${height} with ${channels} channels`;
  throw new InvalidInputError(`pictures to compare must have the same size, not ${size(a)} and ${size(b)}`);
}
