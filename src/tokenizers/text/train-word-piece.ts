/**
 * Training a WordPiece vocabulary: starting from single characters, the most frequent pair of adjacent pieces is merged
 * into a new piece, repeatedly. (`train_unified_wordpiece_tokenizer` officially.) The result is deterministic; ties go to the pair with the lower
 * ids.
 */
import { InvalidInputError } from '../../errors.js';
import { addedTokenSplitter } from './added-tokens.js';
import { splitWords } from './normalize.js';
import type { AddedToken, BertNormalizer, TokenizerJson } from './tokenizer-json.js';

/** Contents of a vocabulary. */
export interface WordPieceTraining {
  /** Maximum number of ids; there are fewer if every word of the texts is a single piece. */
  vocabSize: number;
  /** Number of sentinels `[S_0]`, `[S_1]`, …; officially 200. Masking `n` tokens needs up to `n / 2 + 3` of them. */
  sentinels: number;
  /** Number of values of each of `v0=…`, `v1=…`, `v2=…` and `v3=…` (officially 1000), or a list of values for each of the four. */
  coordinateBins: number | readonly (readonly number[])[];
  /** Names that are single tokens if they occur as whole words. */
  classNames: readonly string[];
}

const PREFIX = '##';
const NORMALIZER: BertNormalizer = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
};

/**
 * Trains a tokenizer on texts.
 *
 * @returns a tokenizer for `loadWordPiece`, which other software reads as a Hugging Face `tokenizer.json` file; ids are in
 *          the official order: [PAD], [UNK], [SOS], [EOS], sentinels, coordinates, class names, characters, pieces
 * @throws {InvalidInputError} if the vocabulary size is below the number of added tokens and characters
 */
export function trainWordPiece(texts: Iterable<string>, training: WordPieceTraining): TokenizerJson {
  const addedTokens = makeAddedTokens(training);
  const vocabulary = new Vocabulary(addedTokens.map((token) => token.content));
  const counts = countWords(texts, addedTokens);
  // Sorted, so that the result does not depend on the order of the texts.
  const words = [...counts.keys()].sort().map((word) => ({ count: counts.get(word)!, characters: Array.from(word) }));

  const alphabet = [...new Set(words.flatMap((word) => word.characters))];
  for (const character of alphabet.sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!)) vocabulary.add(character);
  const spellings = words.map(({ count, characters }) => ({
    count,
    pieces: characters.map((character, i) => vocabulary.add(i === 0 ? character : PREFIX + character)),
  }));
  if (vocabulary.size > training.vocabSize) {
    throw new InvalidInputError(
      `a vocabulary of ${training.vocabSize} is too small: ${addedTokens.length} added tokens and the characters of the ` +
        `texts take ${vocabulary.size}`,
    );
  }
  mergePairs(spellings, vocabulary, training.vocabSize);

  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens,
    normalizer: NORMALIZER,
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: PREFIX, cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: PREFIX,
      max_input_chars_per_word: 100,
      vocab: vocabulary.toRecord(),
    },
  };
}

/** A word as the ids of its pieces, and its frequency. */
interface Spelling {
  count: number;
  pieces: number[];
}

/** Tokens in the order of their ids. */
class Vocabulary {
  readonly #tokens: string[] = [];
  readonly #ids = new Map<string, number>();

  constructor(tokens: readonly string[]) {
    for (const token of tokens) this.add(token);
  }

  get size(): number {
    return this.#tokens.length;
  }

  /** The id of a token; a new id if the token is new. */
  add(token: string): number {
    const known = this.#ids.get(token);
    if (known !== undefined) return known;
    this.#ids.set(token, this.#tokens.length);
    return this.#tokens.push(token) - 1;
  }

  token(id: number): string {
    return this.#tokens[id]!;
  }

  toRecord(): Record<string, number> {
    return Object.fromEntries(this.#ids);
  }
}

function makeAddedTokens({ sentinels, coordinateBins, classNames }: WordPieceTraining): AddedToken[] {
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);
  const bins = typeof coordinateBins === 'number' ? numbers(4).map(() => numbers(coordinateBins)) : coordinateBins;
  const anywhere = { single_word: false, normalized: false };
  const alone = { single_word: true, normalized: false };
  const named = { single_word: true, normalized: true };
  const tokens = [
    ...['[PAD]', '[UNK]', '[SOS]', '[EOS]'].map((content) => ({ content, ...anywhere })),
    ...numbers(sentinels).map((k) => ({ content: `[S_${k}]`, ...alone })),
    ...bins.flatMap((values, axis) => values.map((bin) => ({ content: `v${axis}=${bin}`, ...alone }))),
    ...[...new Set(classNames)].map((content) => ({ content, ...named })),
  ];
  return tokens.map((token, id) => ({ id, lstrip: false, rstrip: false, special: true, ...token }));
}

/** Frequencies of all words that are not added tokens. */
function countWords(texts: Iterable<string>, addedTokens: readonly AddedToken[]): Map<string, number> {
  const split = addedTokenSplitter(addedTokens, NORMALIZER);
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const part of split(text)) {
      if (typeof part !== 'string') continue;
      for (const word of splitWords(part)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return counts;
}

/** Joins the most frequent pair of neighbouring pieces until the vocabulary is full or every word is one piece. */
function mergePairs(spellings: Spelling[], vocabulary: Vocabulary, vocabSize: number): void {
  while (vocabulary.size < vocabSize) {
    const pair = mostFrequentPair(spellings);
    if (pair === undefined) return;
    const [left, right] = pair;
    const merged = vocabulary.add(vocabulary.token(left) + vocabulary.token(right).slice(PREFIX.length));
    for (const spelling of spellings) spelling.pieces = join(spelling.pieces, left, right, merged);
  }
}

function mostFrequentPair(spellings: readonly Spelling[]): [left: number, right: number] | undefined {
  const counts = new Map<number, number>();
  const key = 2 ** 26; // two ids in one exact number
  for (const { count, pieces } of spellings) {
    for (let i = 1; i < pieces.length; i++) {
      const pair = pieces[i - 1]! * key + pieces[i]!;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best: number | undefined;
  for (const [pair, count] of counts) {
    const bestCount = best === undefined ? 0 : counts.get(best)!;
    if (count > bestCount || (count === bestCount && pair < best!)) best = pair;
  }
  return best === undefined ? undefined : [Math.floor(best / key), best % key];
}

function join(pieces: number[], left: number, right: number, merged: number): number[] {
  const joined: number[] = [];
  for (let i = 0; i < pieces.length; i++) {
    const both = pieces[i] === left && pieces[i + 1] === right;
    joined.push(both ? merged : pieces[i]!);
    if (both) i++;
  }
  return joined;
}
