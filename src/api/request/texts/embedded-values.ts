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
  tokenizeEmbedded,
} from '../../codecs/embedded.js';
import type { ModelParts } from '../../resources/model-parts.js';
import type { CodecSource, PublishedValues, WordsModality } from '../../types/description.js';
import type { Input } from '../../types/inputs.js';

/** A modality of people or of objects. */
export type ValuesModality = Extract<WordsModality, { readonly kind: 'poses' | 'instances' }>;

/** The tokens in the texts of a kind of modality. */
interface TokensInText<Value> {
  readonly kind: ValuesModality['kind'];
  readonly info: EmbeddedTokens['info'];
  /** The tokenizer of published models, and of models without such values. */
  readonly publishedTokenizer: string;
  /** Words of a value's text. */
  readonly words: number;
  /** The tokenizer of a package. */
  sourceOf(tokenizer: string, modality: Exclude<ValuesModality, PublishedValues>): CodecSource;
  /** The tokens of a value. */
  tokensOf(value: Value): ArrayLike<number>;
}

/** Encodes and decodes the tokens in the texts of a kind of modality, with the tokenizer of the modality or of the model. */
export class EmbeddedValues<Value> {
  readonly #about: TokensInText<Value>;

  constructor(about: TokensInText<Value>) {
    this.#about = about;
  }

  /** The tokenizer of a modality, if it has one. */
  tokenizerOf(modality: ValuesModality): EmbeddedTokens | undefined {
    const hasOne = 'publishedTokenizer' in modality || modality.tokenizer !== undefined;
    return hasOne ? this.#tokenizer(modality) : undefined;
  }

  /** @throws InvalidInputError if the modality has no tokenizer, and for what it does not take */
  tokenize(value: Input, modality: ValuesModality, model: ModelParts): Promise<Int32Array> {
    return tokenizeEmbedded(model, this.#tokenizer(modality), value);
  }

  /** @throws InvalidInputError for tokens of a given value that are not in the codebook of the package's tokenizer */
  async checkTokens(value: Value, modality: ValuesModality, model: ModelParts): Promise<void> {
    if (!isPackaged(modality)) return;
    await checkEmbedded(model, this.#tokenizer(modality), this.#about.tokensOf(value));
  }

  /**
   * Generated values with what their tokens decode to, if the package has the tokenizer. Values whose tokens are not in its
   * codebook are dropped, and their words are unparsed.
   *
   * @param join adds to a value what its tokens decode to
   */
  async withDecodedTokens<Decoded extends Value>(
    { values, unparsed }: ParsedText<readonly Value[]>,
    modality: ValuesModality,
    model: ModelParts,
    join: (value: Value, decoded: Float32Array) => Decoded,
  ): Promise<ParsedText<readonly (Value | Decoded)[]>> {
    if (!isPackaged(modality)) return { values, unparsed };
    const { tokensOf, words } = this.#about;
    const tokenizer = this.#tokenizer(modality);
    const isKnown = await knownTokens(model, tokenizer);
    const kept = values.filter((value) => isKnown(tokensOf(value)));
    const decoded = await detokenizeEmbedded(model, tokenizer, kept.map(tokensOf));
    return {
      values: kept.map((value, i) => join(value, decoded[i]!)),
      unparsed: unparsed + words * (values.length - kept.length),
    };
  }

  /** Decodes the tokens of values of any model. */
  decode(values: readonly Value[], model: ModelParts): Promise<Float32Array[]> {
    return detokenizeEmbedded(model, this.#modelTokenizer(model), values.map(this.#about.tokensOf));
  }

  /** Downloads the model's tokenizer. @throws CancelledError when the signal fires */
  fetch(direction: CodecDirection, model: ModelParts, signal?: AbortSignal): Promise<void> {
    return fetchEmbedded(model, this.#modelTokenizer(model), direction, signal);
  }

  #modelTokenizer({ description }: ModelParts): EmbeddedTokens {
    const isOfKind = (modality: { readonly kind: string }): modality is ValuesModality =>
      modality.kind === this.#about.kind;
    return this.#tokenizer(Object.values(description.modalities).find(isOfKind));
  }

  /**
   * The package's own tokenizer; the published one for published models and those without the modality.
   *
   * @throws InvalidInputError if a package has none
   */
  #tokenizer(modality: ValuesModality | undefined): EmbeddedTokens {
    const { info, publishedTokenizer, sourceOf } = this.#about;
    if (!modality || 'publishedTokenizer' in modality) {
      const tokenizer = modality?.publishedTokenizer ?? publishedTokenizer;
      return { source: { kind: 'published', tokenizer }, info };
    }
    if (modality.tokenizer === undefined) throw new InvalidInputError(`the package has no tokenizer of ${info.name}`);
    return { source: sourceOf(modality.tokenizer, modality), info };
  }
}

function isPackaged(modality: ValuesModality): boolean {
  return 'tokenizer' in modality && modality.tokenizer !== undefined;
}
