/** Values as the tokens that a model is trained on. */
import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { type ModelParts, tokenModality } from '../resources/model-parts.js';
import { modalityNamed } from '../types/description.js';
import type { Input } from '../types/inputs.js';
import { isTokens } from './given-tokens.js';
import { readInputs } from './read-inputs.js';
import { formatOf } from './texts/index.js';

/** A value as a training sample holds it. */
export interface TokenizedValue {
  /** The transformer's modality: its published name. */
  readonly modality: string;
  /** Token ids; empty for vectors of another text encoder. */
  readonly ids: Int32Array;
  /** Of texts, and values that are written as texts: the text whose tokens the ids are. */
  readonly text?: string;
  /** Of vectors of another text encoder: [N, D], with N × D numbers. */
  readonly vectors?: { readonly data: Float32Array; readonly width: number };
}

/**
 * Encodes values, one at a time, so that the tokens do not depend on what else is encoded.
 *
 * @throws InvalidInputError for values that are not the modality's
 * @throws MediaError for bytes that are not a PNG or JPEG file
 * @throws CancelledError when the signal fires
 */
export async function tokenizeValues(
  model: ModelParts,
  name: string,
  values: readonly Input[],
  signal: AbortSignal | undefined,
): Promise<TokenizedValue[]> {
  const tokenized: TokenizedValue[] = [];
  for (const value of values) {
    await pauseOrCancel(signal, `tokenizing '${name}'`);
    tokenized.push(await tokenizeValue(model, name, value, signal));
  }
  return tokenized;
}

async function tokenizeValue(
  model: ModelParts,
  name: string,
  value: Input,
  signal: AbortSignal | undefined,
): Promise<TokenizedValue> {
  const modality = modalityNamed(model.description, name);
  if (isTokens(value)) throw new InvalidInputError(`'${name}' is given as tokens, which need no encoding`);
  const isText = tokenModality(model, name).kind === 'sequence';
  const text = isText
    ? await formatOf(modality as Parameters<typeof formatOf>[0]).write(name, value, model)
    : undefined;
  const known = await readInputs(model, [{ [name]: text ?? value }], [name], { signal, report: () => {} });
  const { ids = [], embeddings } = known[modality.tokens] as {
    ids?: readonly ArrayLike<number>[];
    embeddings?: readonly Float32Array[];
  };
  return {
    modality: modality.tokens,
    ids: Int32Array.from(ids[0] ?? []),
    ...(text !== undefined && { text }),
    ...(embeddings && {
      vectors: { data: embeddings[0]!, width: tokenModality(model, name).embeddingDim! },
    }),
  };
}
