import { InvalidInputError } from '../errors.js';
import { checkFinite } from './checks.js';

/** Lower bound of lengths in divisions. */
const MIN_LENGTH = 1e-12;

/** Vectors of one length, [N, D]. */
export interface Embeddings {
  readonly values: ArrayLike<number>;
  /** D, at least 1. */
  readonly width: number;
}

/** N. @throws {InvalidInputError} if the values are not N · D */
export function embeddingCount({ values, width }: Embeddings): number {
  const count = values.length / width;
  if (Number.isInteger(count)) return count;
  throw new InvalidInputError(`${values.length} values are no embeddings of ${width} each`);
}

/**
 * Cosine similarities of every vector of `a` with every one of `b`, in double precision.
 *
 * @returns [N, M]
 * @throws {InvalidInputError} if the widths differ or do not fit, or for NaN and infinities
 */
export function cosineSimilarities(a: Embeddings, b: Embeddings): Float64Array {
  if (a.width !== b.width)
    throw new InvalidInputError(`embeddings of ${a.width} and ${b.width} values are not comparable`);
  const [first, second] = [normalise(a), normalise(b)];
  const [rows, columns] = [embeddingCount(a), embeddingCount(b)];
  const similarities = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let d = 0; d < a.width; d++) sum += first[i * a.width + d]! * second[j * a.width + d]!;
      similarities[i * columns + j] = sum;
    }
  }
  return similarities;
}

/** The vectors normalised to length 1. */
function normalise(embeddings: Embeddings): Float64Array {
  const { width } = embeddings;
  const values = Float64Array.from(embeddings.values);
  for (let i = 0; i < embeddingCount(embeddings); i++) {
    const vector = values.subarray(i * width, (i + 1) * width);
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    checkFinite('the length of an embedding', length);
    vector.forEach((value, d) => {
      vector[d] = value / Math.max(length, MIN_LENGTH);
    });
  }
  return values;
}
