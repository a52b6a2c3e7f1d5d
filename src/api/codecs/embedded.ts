/** Tokens of tokenizers that stand in texts as words: body poses of people, and the masks of objects. */
import { InvalidInputError } from '../../errors.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import { Random } from '../../random.js';
import { checkFits } from '../resources/check-fits.js';
import type { ModelParts } from '../resources/model-parts.js';
import { codecMemory } from '../resources/request-need.js';
import type { CodecSource } from '../types/description.js';
import type { Input } from '../types/inputs.js';
import type { Codec, CodecDirection } from './codec.js';

/** Tokens inside a text. */
export interface EmbeddedTokens {
  /** Their tokenizer, in the model's package or on the Hub. */
  readonly source: CodecSource;
  /** Their properties for a codec; they are not a modality. */
  readonly info: ModalityInfo;
}

/** @throws InvalidInputError for values that are not of their kind; MemoryError if the backend has no room */
export async function tokenizeEmbedded(model: ModelParts, what: EmbeddedTokens, values: Input): Promise<Int32Array> {
  const codec = await codecThatFits(model, what, 'tokenize');
  return codec.tokenize(values, what.info);
}

/**
 * The values of tokens.
 *
 * @throws InvalidInputError for tokens that are not in the codebook; MemoryError if the backend has no room
 */
export async function detokenizeEmbedded(
  model: ModelParts,
  what: EmbeddedTokens,
  tokens: readonly ArrayLike<number>[],
): Promise<Float32Array[]> {
  if (tokens.length === 0) return [];
  const codec = await codecThatFits(model, what, 'detokenize');
  const ids = tokens.map((own) => Int32Array.from(own));
  const results = await codec.detokenize(
    ids,
    what.info,
    ids.map(() => new Random(0)),
  );
  return results.map((result) => {
    if (result.kind === 'embedding') return result.values;
    if (result.kind === 'image' && result.values.data instanceof Float32Array) return result.values.data;
    throw new InvalidInputError(`${what.info.name} are numbers, and not ${result.kind}`);
  });
}

/** @throws InvalidInputError for token ids that are not in the codebook */
export async function checkEmbedded(
  model: ModelParts,
  { source, info }: EmbeddedTokens,
  tokens: ArrayLike<number>,
): Promise<void> {
  const { codebookSize } = await model.codec(source);
  const wrong = Array.from(tokens).find((id) => !(id >= 0 && id < codebookSize));
  if (wrong === undefined) return;
  throw new InvalidInputError(`the token ids of ${info.name} are 0 to ${codebookSize - 1}, and ${wrong} was given`);
}

/** Tells whether tokens are all in the codebook: generated ones may be others. */
export async function knownTokens(
  model: ModelParts,
  { source }: EmbeddedTokens,
): Promise<(tokens: ArrayLike<number>) => boolean> {
  const { codebookSize } = await model.codec(source);
  return (tokens) => Array.from(tokens).every((id) => id < codebookSize);
}

/** Downloads the tokenizer of such tokens. @throws CancelledError when the signal fires */
export async function fetchEmbedded(
  model: ModelParts,
  { source, info }: EmbeddedTokens,
  way: CodecDirection,
  signal?: AbortSignal,
): Promise<void> {
  const codec = await model.codec(source, signal);
  await codec.weights.fetch(codec.memoryNeed(way, info)(1).parameters, signal);
}

async function codecThatFits(model: ModelParts, { source, info }: EmbeddedTokens, way: CodecDirection): Promise<Codec> {
  const codec = await model.codec(source);
  await checkFits([codecMemory(codec, info.name, way, info)(1)]);
  return codec;
}
