/** Values in texts some of whose words are tokens of a tokenizer: people with their body poses, objects with their masks. */
import { InvalidInputError } from '../../../errors.js';
import type { ParsedText } from '../../../modalities/text/words.js';
import type { CodecDirection } from '../../codecs/codec.js';
import {
  checkEmbedded,
  detokenizeEmbedded,
  type EmbeddedTokens,
  fetchEmbedded,
  knownTokens,
} from '../../codecs/embedded.js';
import type { ModelParts } from '../../resources/model-parts.js';
import type { CodecSource, PublishedValues, WordsModality } from '../../types/description.js';

/** A modality of people or of objects. */
export type ValuesModality = Extract<WordsModality, { readonly kind: 'poses' | 'instances' }>;

/** The tokens in the texts of a kind of modality. */
export interface TokensInText<Value> {
  readonly kind: ValuesModality['kind'];
  readonly info: EmbeddedTokens['info'];
  /** The tokenizer of published models, which also stands in where a model has no such values. */
  readonly publishedTokenizer: string;
  /** Words of a value's text. */
  readonly words: number;
  /** The tokenizer of a package. */
  sourceOf(tokenizer: string, modality: Exclude<ValuesModality, PublishedValues>): CodecSource;
  /** The tokens of a value. */
  tokensOf(value: Value): ArrayLike<number>;
}

/**
 * The package's own tokenizer; the published one for published models and those without the modality.
 *
 * @throws InvalidInputError if a package has none
 */
export function tokenizerFor(
  { info, publishedTokenizer, sourceOf }: Pick<TokensInText<never>, 'info' | 'publishedTokenizer' | 'sourceOf'>,
  modality: ValuesModality | undefined,
): EmbeddedTokens {
  if (!modality || 'publishedTokenizer' in modality) {
    const tokenizer = modality?.publishedTokenizer ?? publishedTokenizer;
    return { source: { kind: 'published', tokenizer }, info };
  }
  if (modality.tokenizer === undefined) throw new InvalidInputError(`the package has no tokenizer of ${info.name}`);
  return { source: sourceOf(modality.tokenizer, modality), info };
}

/** The tokenizer of a modality, if it has one. */
export function tokenizerIfAny<Value>(
  about: TokensInText<Value>,
  modality: ValuesModality,
): EmbeddedTokens | undefined {
  const hasOne = 'publishedTokenizer' in modality || modality.tokenizer !== undefined;
  return hasOne ? tokenizerFor(about, modality) : undefined;
}

/** @throws InvalidInputError for tokens of a given value that are not in the codebook of the package's tokenizer */
export async function checkGivenTokens<Value>(
  about: TokensInText<Value>,
  value: Value,
  modality: ValuesModality,
  model: ModelParts,
): Promise<void> {
  if (!isPackaged(modality)) return;
  await checkEmbedded(model, tokenizerFor(about, modality), about.tokensOf(value));
}

/**
 * Generated values with what their tokens decode to, if the package has the tokenizer. Values whose tokens are not in its
 * codebook are dropped, and their words are unparsed.
 *
 * @param join adds to a value what its tokens decode to
 */
export async function withDecodedTokens<Value, Decoded extends Value>(
  about: TokensInText<Value>,
  { values, unparsed }: ParsedText<readonly Value[]>,
  modality: ValuesModality,
  model: ModelParts,
  join: (value: Value, decoded: Float32Array) => Decoded,
): Promise<ParsedText<readonly (Value | Decoded)[]>> {
  if (!isPackaged(modality)) return { values, unparsed };
  const tokenizer = tokenizerFor(about, modality);
  const isKnown = await knownTokens(model, tokenizer);
  const kept = values.filter((value) => isKnown(about.tokensOf(value)));
  const decoded = await detokenizeEmbedded(model, tokenizer, kept.map(about.tokensOf));
  return {
    values: kept.map((value, i) => join(value, decoded[i]!)),
    unparsed: unparsed + about.words * (values.length - kept.length),
  };
}

/** Decodes the tokens of values of any model. */
export function decodeTokens<Value>(
  about: TokensInText<Value>,
  values: readonly Value[],
  model: ModelParts,
): Promise<Float32Array[]> {
  return detokenizeEmbedded(model, modelTokenizer(about, model), values.map(about.tokensOf));
}

/** Downloads the tokenizer. @throws CancelledError when the signal fires */
export function fetchTokenizer<Value>(
  about: TokensInText<Value>,
  direction: CodecDirection,
  model: ModelParts,
  signal?: AbortSignal,
): Promise<void> {
  return fetchEmbedded(model, modelTokenizer(about, model), direction, signal);
}

function modelTokenizer<Value>(about: TokensInText<Value>, { description }: ModelParts): EmbeddedTokens {
  const isOfKind = (modality: { readonly kind: string }): modality is ValuesModality => modality.kind === about.kind;
  return tokenizerFor(about, Object.values(description.modalities).find(isOfKind));
}

function isPackaged(modality: ValuesModality): boolean {
  return 'tokenizer' in modality && modality.tokenizer !== undefined;
}
