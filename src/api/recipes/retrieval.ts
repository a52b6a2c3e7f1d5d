import type { DecodingTarget } from '../../decoding/chain-steps.js';
import { type GenerationRequest, generateTokens } from '../../decoding/generate.js';
import type { KnownModalities } from '../../decoding/known-modalities.js';
import { InvalidInputError } from '../../errors.js';
import { detokenize, type VqVae } from '../../tokenizers/vq/vqvae.js';
import { gridOf } from '../../transformer/batch.js';
import type { FourM } from '../../transformer/model.js';

/** What is to be found by. */
export interface EmbeddingRequest extends Omit<GenerationRequest, 'inputs' | 'targets'> {
  /** What is known of each sample, by published name: any modality that the model reads. */
  readonly inputs: KnownModalities;
  /** The modality of the embedding: `tok_dinov2_global`, `tok_imagebind_global`, or features of places such as `tok_clip@224`. */
  readonly modality: string;
  /** What is not to be as officially: one step of ROAR, temperature 0.1, top-p 0.8, without guidance. */
  readonly decoding?: Omit<DecodingTarget, 'modality'>;
}

const OFFICIAL = { method: 'roar', steps: 1, temperature: 0.1, topP: 0.8 } as const;

/**
 * Embeddings that the model predicts, so that anything can be found by anything: pictures by text, maps by pictures.
 *
 * @param tokenizer of the embedding's modality, such as `EPFL-VILAB/4M_tokenizers_DINOv2-B14-global_8k_16_224`
 * @returns         of every sample a vector; of features of places, their mean
 */
export async function predictEmbeddings(
  model: FourM,
  tokenizer: VqVae,
  { modality, decoding, ...request }: EmbeddingRequest,
): Promise<Float32Array[]> {
  const targets = [{ modality, ...OFFICIAL, ...decoding }];
  const tokens = (await generateTokens(model, { ...request, targets }))[modality]!;
  const ids = new Int32Array(tokens.reduce((sum, own) => sum + own.length, 0));
  tokens.forEach((own, b) => {
    ids.set(own, b * own.length);
  });
  // Several codebooks: the tokens are those of one vector, and not of places.
  const grid = tokenizer.quantizer.heads > 1 ? ([1, 1] as const) : gridOf(model.modalities[modality]!);
  const values = await detokenize(tokenizer, ids, [...grid]);
  const perSample = values.length / tokens.length;
  const width = tokenizer.config.n_channels;
  return tokens.map((_, b) => meanOfRows(values.subarray(b * perSample, (b + 1) * perSample), width));
}

/** Something found. */
export interface Match {
  /** Its place in the gallery. */
  readonly index: number;
  /** Cosine of the angle between it and the query, -1…1. */
  readonly similarity: number;
}

/**
 * What of a gallery is most like a query, by cosine similarity; likest first.
 *
 * @throws InvalidInputError for vectors of different lengths, or a vector of zeros
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
    throw new InvalidInputError('an embedding has no direction: it is all zeros');
  return dot(a, b) / norm;
}

function meanOfRows(rows: Float32Array, width: number): Float32Array {
  const count = rows.length / width;
  return Float32Array.from({ length: width }, (_, c) => {
    let sum = 0;
    for (let row = 0; row < count; row++) sum += rows[row * width + c]!;
    return sum / count;
  });
}
