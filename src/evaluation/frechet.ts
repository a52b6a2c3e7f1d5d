import { InvalidInputError } from '../errors.js';
import { type Embeddings, embeddingCount } from './embeddings.js';
import { decompose } from './svd.js';

/** A Gaussian fitted to feature vectors. */
export interface Gaussian {
  /** [D] */
  readonly mean: Float64Array;
  /** Unbiased covariance, [D, D]. */
  readonly covariance: Float64Array;
}

/** The distance of two Gaussians, and its terms: meanTerm + trace1 + trace2 − 2 traceRoot. */
export interface FrechetTerms {
  readonly distance: number;
  /** Squared distance of the means. */
  readonly meanTerm: number;
  /** Traces of the covariances. */
  readonly trace1: number;
  readonly trace2: number;
  /** Trace of (C₁ C₂)^½. */
  readonly traceRoot: number;
}

/** @throws {InvalidInputError} for less than two vectors */
export function fitGaussian(features: Embeddings): Gaussian {
  const count = embeddingCount(features);
  const { values, width } = features;
  if (count < 2) throw new InvalidInputError(`a Gaussian is fitted to at least two feature vectors, not ${count}`);
  const mean = new Float64Array(width);
  for (let i = 0; i < values.length; i++) mean[i % width]! += values[i]! / count;
  const covariance = new Float64Array(width * width);
  for (let i = 0; i < count; i++) {
    const centred = mean.map((middle, d) => values[i * width + d]! - middle);
    for (let row = 0; row < width; row++) {
      for (let column = 0; column < width; column++) {
        covariance[row * width + column]! += (centred[row]! * centred[column]!) / (count - 1);
      }
    }
  }
  return { mean, covariance };
}

/**
 * Fréchet distance of two Gaussians: |m₁ − m₂|² + tr C₁ + tr C₂ − 2 tr (C₁ C₂)^½. On Inception features of images it is
 * the FID (Heusel et al., 2017). With C = R Rᵀ, the last trace is the sum of the singular values of R₁ᵀ R₂, which exists
 * for singular covariances too.
 *
 * @throws {InvalidInputError} if the widths differ
 */
export function frechetDistance(first: Gaussian, second: Gaussian): FrechetTerms {
  const width = first.mean.length;
  if (second.mean.length !== width) {
    throw new InvalidInputError(`Gaussians of ${width} and ${second.mean.length} features are not comparable`);
  }
  const meanTerm = first.mean.reduce((sum, value, d) => sum + (value - second.mean[d]!) ** 2, 0);
  const trace = ({ covariance }: Gaussian) => first.mean.reduce((sum, _, d) => sum + covariance[d * width + d]!, 0);
  const [roots1, roots2] = [rootColumns(first), rootColumns(second)];
  const product = roots1.flatMap((a) => roots2.map((b) => a.reduce((sum, value, d) => sum + value * b[d]!, 0)));
  const traceRoot = decompose(product, width, width).values.reduce((sum, value) => sum + value, 0);
  const [trace1, trace2] = [trace(first), trace(second)];
  return { distance: meanTerm + trace1 + trace2 - 2 * traceRoot, meanTerm, trace1, trace2, traceRoot };
}

/** The columns of a matrix R with R Rᵀ = the covariance. */
function rootColumns({ mean, covariance }: Gaussian): Float64Array[] {
  const { values, left } = decompose(covariance, mean.length, mean.length);
  return left.map((column, k) => column.map((value) => value * Math.sqrt(values[k]!)));
}
