import type { Inputs } from '../api/types/inputs.js';
import { InvalidInputError } from '../errors.js';
import type { Raster } from '../media/raster.js';
import type { Generator, RecipeOptions } from './generator.js';

/** Embedding modality for retrieval. */
export interface EmbeddingOptions extends Omit<RecipeOptions, 'decoding'> {
  /** `dinov2_global` if absent; `imagebind_global`, or a feature map such as `clip`. */
  readonly by?: string;
}

/** The official settings: almost greedy, in one step. */
const DECODING = {
  method: 'roar',
  steps: 1,
  temperature: 0.1,
  temperatureSchedule: 'constant',
  topP: 0.8,
  guidanceScale: 1,
} as const;

/**
 * Predicts embeddings for retrieval between modalities: pictures by text, maps by pictures.
 *
 * ```ts
 * const gallery = await recipes.predictEmbeddings(model, photos.map((rgb) => ({ rgb })));
 * const [query] = await recipes.predictEmbeddings(model, [{ caption: 'a red ball' }]);
 * const [best] = recipes.retrieve(query!, gallery, 3);
 * ```
 *
 * @param samples inputs of each sample, all with the same modalities
 * @returns       a vector for each sample; for feature maps, the mean over positions
 * @throws        InvalidInputError for a modality without embeddings, and the errors of `generateMany`
 */
export async function predictEmbeddings(
  model: Generator,
  samples: readonly Inputs[],
  { by = 'dinov2_global', ...options }: EmbeddingOptions = {},
): Promise<Float32Array[]> {
  const results = await model.generateMany(samples, { ...options, to: [by], decoding: { [by]: DECODING } });
  return results.map((result) => {
    const embedding = result[by]!;
    if (embedding.kind === 'embedding') return embedding.values;
    if (embedding.kind === 'features') return meanOfPositions(embedding.values);
    throw new InvalidInputError(`'${by}' is ${embedding.kind}, and no embedding`);
  });
}

/** A search result. */
export interface Match {
  /** Its index in the gallery. */
  readonly index: number;
  /** Cosine of the angle between it and the query, -1…1. */
  readonly similarity: number;
}

/**
 * The entries of a gallery most similar to a query by cosine similarity, the most similar first.
 *
 * @throws InvalidInputError for vectors of different lengths, a vector of zeros, and NaN
 */
export function retrieve(query: Float32Array, gallery: readonly Float32Array[], count: number): Match[] {
  return gallery
    .map((vector, index) => ({ index, similarity: cosine(query, vector) }))
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, count);
}

function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length)
    throw new InvalidInputError(`embeddings must be of one length, not ${a.length}, ${b.length}`);
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  const norm = Math.sqrt(dot(a, a) * dot(b, b));
  if (!(norm > 0 && Number.isFinite(norm)))
    throw new InvalidInputError('an embedding has no direction: it is all zeros, or contains NaN or infinity');
  return dot(a, b) / norm;
}

function meanOfPositions({ data, channels }: Raster<Float32Array>): Float32Array {
  const positions = data.length / channels;
  return Float32Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let n = 0; n < positions; n++) sum += data[n * channels + c]!;
    return sum / positions;
  });
}
