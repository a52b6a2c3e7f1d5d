import { InvalidInputError } from '../errors.js';
import { gaussianKernel } from '../media/analysis/gaussian.js';
import { filterSeparably } from '../media/analysis/separable-filter.js';
import type { Raster } from '../media/raster.js';
import { nothingMeasured } from './checks.js';
import { mean } from './statistics.js';

/** The weights of a neighbourhood in SSIM, across and down. */
export type SsimWindow = 'uniform' | 'gaussian';

/** Uniform: 7 × 7 pixels. Gaussian: standard deviation 1.5 and 11 × 11 pixels, as in the SSIM paper. */
const WINDOWS: Readonly<Record<SsimWindow, Float64Array>> = {
  uniform: new Float64Array(7).fill(1 / 7),
  gaussian: gaussianKernel(11, 1.5),
};

/** Options of {@link ssim}; the defaults are scikit-image's. */
export interface SsimOptions {
  /** The difference between the largest and the smallest value that an image can have; 255 by default. */
  readonly range?: number;
  readonly window?: SsimWindow;
  /** Variances with n − 1 or with n in the divisor; by default n − 1 for the uniform window, n for the Gaussian one. */
  readonly covariance?: 'sample' | 'population';
}

/** Similarity of images, each the mean over images. */
export interface ImageScores {
  /** Peak signal-to-noise ratio in decibels; Infinity if one image is reproduced exactly. */
  readonly psnr: number;
  /** Structural similarity with the uniform window, −1…1; 1 is perfect. */
  readonly ssim: number;
}

/** Compares images, one by one. */
export class ImageMetric {
  readonly #range: number;
  readonly #psnrs: number[] = [];
  readonly #ssims: number[] = [];

  /** @param range the difference between the largest and the smallest value that an image can have */
  constructor(range = 255) {
    this.#range = range;
  }

  /** @throws {InvalidInputError} if the sizes differ, or are below 7 × 7 */
  add(predicted: Raster, truth: Raster): void {
    this.#psnrs.push(psnr(predicted, truth, this.#range));
    this.#ssims.push(ssim(predicted, truth, { range: this.#range }));
  }

  /** @throws {InvalidInputError} before any image has been added */
  result(): ImageScores {
    if (this.#psnrs.length === 0) throw nothingMeasured('ImageMetric');
    return { psnr: mean(this.#psnrs), ssim: mean(this.#ssims) };
  }
}

/** Mean squared difference of two images. @throws {InvalidInputError} if the sizes differ */
export function meanSquaredError(a: Raster, b: Raster): number {
  return meanDifference(a, b, (difference) => difference * difference);
}

/** Mean absolute difference of two images. @throws {InvalidInputError} if the sizes differ */
export function meanAbsoluteError(a: Raster, b: Raster): number {
  return meanDifference(a, b, Math.abs);
}

/**
 * Peak signal-to-noise ratio of two images, in decibels; Infinity for equal ones.
 *
 * @param range the difference between the largest and the smallest value that an image can have
 * @throws {InvalidInputError} if the sizes differ
 */
export function psnr(a: Raster, b: Raster, range = 255): number {
  return 10 * Math.log10(range ** 2 / meanSquaredError(a, b));
}

/**
 * Structural similarity of two images (Wang et al., 2004): the mean over channels and over all pixels around which the
 * whole window lies inside the image (`structural_similarity` of scikit-image).
 *
 * @returns −1…1; 1 for equal images
 * @throws {InvalidInputError} if the sizes differ, or the images are smaller than the window
 */
export function ssim(a: Raster, b: Raster, options: SsimOptions = {}): number {
  return mean(ssimOfChannels(a, b, options));
}

/** {@link ssim} of each channel. @throws {InvalidInputError} likewise */
export function ssimOfChannels(a: Raster, b: Raster, options: SsimOptions = {}): number[] {
  const map = ssimMap(a, b, options);
  const reach = WINDOWS[options.window ?? 'uniform'].length >> 1;
  return Array.from({ length: a.channels }, (_, channel) => {
    let sum = 0;
    for (let y = reach; y < a.height - reach; y++) {
      for (let x = reach; x < a.width - reach; x++) sum += map[(y * a.width + x) * a.channels + channel]!;
    }
    return sum / ((a.height - 2 * reach) * (a.width - 2 * reach));
  });
}

/**
 * Structural similarity around every pixel; beyond the border, the image is mirrored.
 *
 * @returns h · w · C values, −1…1
 * @throws {InvalidInputError} if the sizes differ, or the images are smaller than the window
 */
export function ssimMap(
  a: Raster,
  b: Raster,
  { range = 255, window = 'uniform', covariance = window === 'uniform' ? 'sample' : 'population' }: SsimOptions = {},
): Float64Array {
  checkSizes(a, b);
  const weights = WINDOWS[window];
  if (Math.min(a.width, a.height) < weights.length) {
    const least = `${weights.length}×${weights.length}`;
    throw new InvalidInputError(`SSIM needs images of at least ${least} pixels, not ${a.width}×${a.height}`);
  }
  const count = weights.length ** 2;
  const correction = covariance === 'sample' ? count / (count - 1) : 1;
  const average = (value: (i: number) => number) => {
    const values = Float64Array.from({ length: a.data.length }, (_, i) => value(i));
    return filterSeparably({ ...a, data: values }, weights, weights, 'reflect');
  };
  const meanA = average((i) => a.data[i]!);
  const meanB = average((i) => b.data[i]!);
  const squaresA = average((i) => a.data[i]! ** 2);
  const squaresB = average((i) => b.data[i]! ** 2);
  const products = average((i) => a.data[i]! * b.data[i]!);
  const c1 = (0.01 * range) ** 2;
  const c2 = (0.03 * range) ** 2;
  return meanA.map((ma, i) => {
    const mb = meanB[i]!;
    const varianceA = correction * (squaresA[i]! - ma * ma);
    const varianceB = correction * (squaresB[i]! - mb * mb);
    const cov = correction * (products[i]! - ma * mb);
    return ((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma * ma + mb * mb + c1) * (varianceA + varianceB + c2));
  });
}

function meanDifference(a: Raster, b: Raster, measure: (difference: number) => number): number {
  checkSizes(a, b);
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += measure(a.data[i]! - b.data[i]!);
  return sum / a.data.length;
}

function checkSizes(a: Raster, b: Raster): void {
  if (a.width === b.width && a.height === b.height && a.channels === b.channels) return;
  const size = ({ width, height, channels }: Raster) => `${width}×${height} with ${channels} channels`;
  throw new InvalidInputError(`images to compare must have the same size, not ${size(a)} and ${size(b)}`);
}
