/**
 * From text to words as BERT does it: cleaning, lower case without accents, then spaces and punctuation. Rare accents and
 * punctuation marks that Unicode gained after version 8 are known here but not to the published tables.
 */
import type { BertNormalizer } from './tokenizer-json.js';

const CONTROL = /[\0\ufffd]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu;
const SPACE = /\p{White_Space}/gu;
/** The unified ideographs, one gap in them included: the published ranges leave U+2B820 to U+2B91F out. */
const CHINESE =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
const ACCENT = /\p{Mn}/gu;
const WORD_OR_PUNCTUATION = /[!-/:-@[-`{-~\p{P}]|[^\p{White_Space}!-/:-@[-`{-~\p{P}]+/gu;

/** The text as the vocabulary spells it. (`BertNormalizer` in the tokenizers library.) */
export function normalize(text: string, options: BertNormalizer): string {
  let result = text;
  if (options.clean_text) result = result.replace(CONTROL, '').replace(SPACE, ' ');
  if (options.handle_chinese_chars) result = result.replace(CHINESE, ' $& ');
  if (options.strip_accents ?? options.lowercase) result = result.normalize('NFD').replace(ACCENT, '');
  // One character after the other: the lower case of a letter does not depend on its neighbours here.
  if (options.lowercase) result = Array.from(result, (character) => character.toLowerCase()).join('');
  return result;
}

/** The words of a normalised text; every punctuation mark is a word. (`BertPreTokenizer` in the tokenizers library.) */
export function splitWords(normalized: string): string[] {
  return normalized.match(WORD_OR_PUNCTUATION) ?? [];
}
