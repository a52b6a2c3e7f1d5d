/**
 * From text to words as BERT does it: cleaning, lower case without accents, then spaces and punctuation. Which character is
 * what is written down in `character-classes.ts`, so that every engine finds the published words. Lower case alone is the
 * engine's, whose youngest letters no published vocabulary has.
 */
import { ACCENTS, DECOMPOSING, PUNCTUATION, REMOVED } from './character-classes.js';
import { charactersOf } from './character-set.js';
import type { BertNormalizer } from './tokenizer-json.js';

/** Halves of characters, which only JavaScript has, go with what is removed. */
const CONTROL = new RegExp(`[${charactersOf(REMOVED)}\\p{Surrogate}]`, 'gu');
const SPACE = /\p{White_Space}/gu;
/** The unified ideographs, one gap in them included: the published ranges leave U+2B820 to U+2B91F out. */
const CHINESE =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
const DECOMPOSING_RUN = new RegExp(`[${charactersOf(DECOMPOSING)}]+`, 'gu');
const ACCENT = new RegExp(`[${charactersOf(ACCENTS)}]`, 'gu');
const PUNCTUATION_MARK = charactersOf(PUNCTUATION);
const WORD_OR_PUNCTUATION = new RegExp(`[${PUNCTUATION_MARK}]|[^\\p{White_Space}${PUNCTUATION_MARK}]+`, 'gu');

/** The text as the vocabulary spells it. (`BertNormalizer` in the tokenizers library.) */
export function normalize(text: string, options: BertNormalizer): string {
  let result = text;
  if (options.clean_text) result = result.replace(CONTROL, '').replace(SPACE, ' ');
  if (options.handle_chinese_chars) result = result.replace(CHINESE, ' $& ');
  if (options.strip_accents ?? options.lowercase) {
    result = result.replace(DECOMPOSING_RUN, (run) => run.normalize('NFD')).replace(ACCENT, '');
  }
  // One character after the other: the lower case of a letter does not depend on its neighbours here.
  if (options.lowercase) result = Array.from(result, (character) => character.toLowerCase()).join('');
  return result;
}

/** The words of a normalised text; every punctuation mark is a word. (`BertPreTokenizer` in the tokenizers library.) */
export function splitWords(normalized: string): string[] {
  return normalized.match(WORD_OR_PUNCTUATION) ?? [];
}
