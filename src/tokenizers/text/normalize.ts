/**
 * Text to words as in BERT: cleaning, lower case without accents, then splitting at spaces and punctuation. The classes of
 * characters are in `character-classes.ts`, so that every engine finds the published words. Only the conversion to lower case is
 * the engine's; letters on which engines differ are in no published vocabulary.
 */
import { ACCENTS, DECOMPOSING, PUNCTUATION, REMOVED } from './character-classes.js';
import { charactersOf } from './character-set.js';
import type { BertNormalizer } from './tokenizer-json.js';

/** Unpaired surrogates, which only JavaScript strings have, are removed too. */
const CONTROL = new RegExp(`[${charactersOf(REMOVED)}\\p{Surrogate}]`, 'gu');
const SPACE = /\p{White_Space}/gu;
/** The unified ideographs. The published ranges omit U+2B820 to U+2B91F. */
const CHINESE =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
const DECOMPOSING_RUN = new RegExp(`[${charactersOf(DECOMPOSING)}]+`, 'gu');
const ACCENT = new RegExp(`[${charactersOf(ACCENTS)}]`, 'gu');
const PUNCTUATION_MARK = charactersOf(PUNCTUATION);
const WORD_OR_PUNCTUATION = new RegExp(`[${PUNCTUATION_MARK}]|[^\\p{White_Space}${PUNCTUATION_MARK}]+`, 'gu');

/** The normalised text. (`BertNormalizer` in the tokenizers library.) */
export function normalize(text: string, options: BertNormalizer): string {
  let result = text;
  if (options.clean_text) result = result.replace(CONTROL, '').replace(SPACE, ' ');
  if (options.handle_chinese_chars) result = result.replace(CHINESE, ' $& ');
  if (options.strip_accents ?? options.lowercase) {
    result = result.replace(DECOMPOSING_RUN, (run) => run.normalize('NFD')).replace(ACCENT, '');
  }
  // Character by character, since the lower case of a letter must not depend on its neighbours.
  if (options.lowercase) result = Array.from(result, (character) => character.toLowerCase()).join('');
  return result;
}

/** The words of a normalised text; every punctuation mark is a word. (`BertPreTokenizer` in the tokenizers library.) */
export function splitWords(normalized: string): string[] {
  return normalized.match(WORD_OR_PUNCTUATION) ?? [];
}
