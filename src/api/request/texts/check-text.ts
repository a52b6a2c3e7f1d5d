/** Texts that a model cannot take as they are: each case is an error or a warning, and nothing is left out in silence. */
import { InvalidInputError } from '../../../errors.js';
import type { ModalityInfo } from '../../../modalities/modality.js';
import type { WordPiece } from '../../../tokenizers/text/word-piece.js';

/** Unknown words that a message lists. */
const LISTED = 10;

/** A token of a word or number, and not of punctuation. */
const IS_WORD = /[\p{L}\p{N}]/u;

/**
 * Token ids of a text.
 *
 * @param name of the modality, in error messages
 * @throws InvalidInputError if the text is empty, or has unknown words alone
 */
export function encodeText(name: string, text: string, vocabulary: WordPiece): number[] {
  const ids = vocabulary.encode(text);
  if (ids.length === 0) {
    throw new InvalidInputError(
      `the text of '${name}' is empty: a modality that is not known is left out of the inputs`,
    );
  }
  const isKnown = (id: number) => id !== vocabulary.unkId && IS_WORD.test(vocabulary.idToToken(id));
  if (ids.includes(vocabulary.unkId) && !ids.some(isKnown)) {
    throw new InvalidInputError(
      `'${name}' has no word of the model's vocabulary: ${listed(vocabulary.unknownWords(text))}`,
    );
  }
  return ids;
}

/** Warns of words that become [UNK]. @param texts of all samples of a modality */
export function warnOfUnknownWords(name: string, texts: readonly string[], vocabulary: WordPiece): void {
  const unknown = texts.flatMap((text) => vocabulary.unknownWords(text));
  if (unknown.length > 0)
    console.warn(`fourm: '${name}' has words that are not in the model's vocabulary: ${listed(unknown)}`);
}

/**
 * Checks that a text is read as a whole. One of exactly `maxTokens` is, without an [EOS]: generated texts may be of this length.
 *
 * @throws InvalidInputError for a longer one
 */
export function checkTextLength(name: string, ids: ArrayLike<number>, { maxTokens }: ModalityInfo): void {
  if (ids.length <= maxTokens) return;
  throw new InvalidInputError(`'${name}' takes at most ${maxTokens} tokens, and ${ids.length} are given`);
}

function listed(words: readonly string[]): string {
  const distinct = [...new Set(words)];
  const more = distinct.length > LISTED ? ` and ${distinct.length - LISTED} more` : '';
  return (
    distinct
      .slice(0, LISTED)
      .map((word) => JSON.stringify(word))
      .join(', ') + more
  );
}
