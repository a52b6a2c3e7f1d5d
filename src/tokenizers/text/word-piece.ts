import { InvalidInputError } from '../../errors.js';
import { addedTokenSplitter } from './added-tokens.js';
import { splitWords } from './normalize.js';
import { parseTokenizerJson, type TokenizerJson } from './tokenizer-json.js';

/**
 * Text to token ids and back: words are split into the longest pieces of the vocabulary; special tokens, sentinels `[S_k]`,
 * coordinates `v0=…` to `v3=…` and class names have one id each. (4M, tokenization.)
 */
export class WordPiece {
  /** Number of ids, which are 0 … vocabSize − 1. */
  readonly vocabSize: number;
  readonly padId: number;
  readonly unkId: number;
  readonly sosId: number;
  readonly eosId: number;
  /** Entry `k` is the id of the sentinel `[S_k]`. */
  readonly sentinelIds: readonly number[];

  readonly #json: TokenizerJson;
  readonly #pieces: ReadonlyMap<string, number>;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #tokens: readonly string[];
  readonly #special: ReadonlySet<string>;
  readonly #split: ReturnType<typeof addedTokenSplitter>;

  /** @throws {InvalidInputError} when ids are not 0, 1, 2, … or one of [PAD], [UNK], [SOS], [EOS] is missing */
  constructor(json: TokenizerJson) {
    this.#json = json;
    this.#pieces = new Map(Object.entries(json.model.vocab));
    this.#ids = idsByToken(this.#pieces, json);
    this.#tokens = tokensInOrder(this.#ids);
    this.#special = new Set(json.added_tokens.filter((token) => token.special).map((token) => token.content));
    this.#split = addedTokenSplitter(json.added_tokens, json.normalizer);

    this.vocabSize = this.#tokens.length;
    this.padId = this.#required('[PAD]');
    this.unkId = this.#required(json.model.unk_token);
    this.sosId = this.#required('[SOS]');
    this.eosId = this.#required('[EOS]');
    const sentinelIds: number[] = [];
    for (let id = this.tokenToId('[S_0]'); id !== undefined; id = this.tokenToId(`[S_${sentinelIds.length}]`)) {
      sentinelIds.push(id);
    }
    this.sentinelIds = sentinelIds;
  }

  /** Token ids of a text, without [SOS], [EOS] or padding. Words that the vocabulary cannot spell become [UNK]. */
  encode(text: string): number[] {
    return this.#split(text).flatMap((part) =>
      typeof part === 'string' ? splitWords(part).flatMap((word) => this.#encodeWord(word)) : [part.id],
    );
  }

  /** The words of a text that become [UNK], normalised and in order. */
  unknownWords(text: string): string[] {
    const words = this.#split(text).flatMap((part) => (typeof part === 'string' ? splitWords(part) : []));
    return words.filter((word) => this.#encodeWord(word).includes(this.unkId));
  }

  /**
   * The text of token ids: pieces joined to words, words joined with spaces, no space before a full stop and the like.
   *
   * @param options.skipSpecial leaves out all special tokens; coordinates and class names are special too
   * @throws {InvalidInputError} for an id that is not in the vocabulary
   */
  decode(ids: Iterable<number>, options: { skipSpecial?: boolean } = {}): string {
    const { prefix, cleanup } = this.#json.decoder;
    let text = '';
    let first = true;
    for (const id of ids) {
      const token = this.idToToken(id);
      if (options.skipSpecial && this.#special.has(token)) continue;
      const joined = first ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
      text += cleanup ? tightened(joined) : joined;
      first = false;
    }
    return text;
  }

  /** The id of a token spelled as in the vocabulary (`##ing`, `[S_3]`, `v0=7`), or undefined. */
  tokenToId(token: string): number | undefined {
    return this.#ids.get(token);
  }

  /** @throws {InvalidInputError} for an id that is not in the vocabulary */
  idToToken(id: number): string {
    const token = this.#tokens[id];
    if (token === undefined) {
      throw new InvalidInputError(
        `token id ${id} is not in the text vocabulary, which has ids 0 to ${this.vocabSize - 1}`,
      );
    }
    return token;
  }

  /** The content of its `tokenizer.json`. */
  toJSON(): TokenizerJson {
    return this.#json;
  }

  /** Greedy longest match from the left. A word with a part that is not in the vocabulary is unknown as a whole. */
  #encodeWord(word: string): number[] {
    const { continuing_subword_prefix: prefix, max_input_chars_per_word: longest } = this.#json.model;
    const characters = Array.from(word);
    if (characters.length > longest) return [this.unkId];
    const ids: number[] = [];
    let start = 0;
    while (start < characters.length) {
      let end = characters.length;
      const piece = () => (start > 0 ? prefix : '') + characters.slice(start, end).join('');
      while (end > start && !this.#pieces.has(piece())) end--;
      if (end === start) return [this.unkId];
      ids.push(this.#pieces.get(piece())!);
      start = end;
    }
    return ids;
  }

  #required(token: string): number {
    const id = this.tokenToId(token);
    if (id === undefined) throw new InvalidInputError(`the tokenizer has no token ${token}`);
    return id;
  }
}

/**
 * A tokenizer from the parsed content of a Hugging Face `tokenizer.json` file, such as the official 4M vocabulary.
 *
 * @throws {InvalidInputError} when it is not a WordPiece tokenizer with BERT's normalisation
 */
export function loadWordPiece(json: unknown): WordPiece {
  return new WordPiece(parseTokenizerJson(json));
}

function idsByToken(pieces: ReadonlyMap<string, number>, { added_tokens }: TokenizerJson): ReadonlyMap<string, number> {
  const ids = new Map(pieces);
  for (const { content, id } of added_tokens) {
    const other = ids.get(content);
    if (other !== undefined && other !== id) {
      throw new InvalidInputError(`the token '${content}' has two ids, ${other} and ${id}`);
    }
    ids.set(content, id);
  }
  return ids;
}

function tokensInOrder(ids: ReadonlyMap<string, number>): string[] {
  const tokens: string[] = [];
  for (const [token, id] of ids) {
    if (tokens[id] !== undefined) {
      throw new InvalidInputError(`the tokens '${tokens[id]}' and '${token}' have the same id ${id}`);
    }
    if (id >= ids.size)
      throw new InvalidInputError(`the token '${token}' has id ${id}, but there are ${ids.size} tokens`);
    tokens[id] = token;
  }
  return tokens;
}

/** Removes spaces within a decoded token as in the published decoder: token by token, in this order. */
function tightened(token: string): string {
  return token
    .replaceAll(' .', '.')
    .replaceAll(' ?', '?')
    .replaceAll(' !', '!')
    .replaceAll(' ,', ',')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(' do not', " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
}
