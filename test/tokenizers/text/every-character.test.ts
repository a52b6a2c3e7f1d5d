import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { addedTokenSplitter } from '../../../src/tokenizers/text/added-tokens.js';
import { normalize, splitWords } from '../../../src/tokenizers/text/normalize.js';
import type { AddedToken, BertNormalizer } from '../../../src/tokenizers/text/tokenizer-json.js';

const NORMALIZER: BertNormalizer = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
};
const ALONE: AddedToken = {
  id: 0,
  content: '<>',
  single_word: true,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
};
const split = addedTokenSplitter([ALONE], NORMALIZER);
const AS_WRITTEN = { ...NORMALIZER, strip_accents: true, lowercase: false };
const touchesWords = (character: string) => !split(ALONE.content + character).includes(ALONE);

/** Effect of a character between two letters: the normal form, the words of the original text, and the boundary. */
const fateOf = (character: string, options = NORMALIZER) => {
  const text = `A${character}b`;
  return [normalize(text, options), splitWords(text), touchesWords(character)] as const;
};

// Expected values: the tokenizers library 0.23.2 for Python.
test.each<[name: string, character: string, normal: string, words: string[], touchesWords: boolean]>([
  ['an accent of Unicode 1', '\u0301', 'ab', ['A\u0301b'], true],
  ['an accent of Unicode 9', '\u08d4', 'a\u08d4b', ['A\u08d4b'], true],
  ['an accent of Unicode 14', '\u0898', 'a\u0898b', ['A\u0898b'], true],
  ['an accent that became a spacing mark', '\u1734', 'ab', ['A\u1734b'], true],
  ['a punctuation mark that became an accent', '\u{111c9}', 'a\u{111c9}b', ['A', '\u{111c9}', 'b'], true],
  ['a punctuation mark of Unicode 7', '\u2e42', 'a\u2e42b', ['A', '\u2e42', 'b'], false],
  ['a punctuation mark of Unicode 9', '\u2e43', 'a\u2e43b', ['A\u2e43b'], false],
  ['a punctuation mark that became a symbol', '\u166d', 'a\u166db', ['A', '\u166d', 'b'], false],
  ['a format character of Unicode 11', '\u{110cd}', 'a\u{110cd}b', ['A\u{110cd}b'], false],
  ['a vowel sign of two parts', '\u0b94', 'a\u0b92\u0bd7b', ['A\u0b94b'], true],
  ['a vowel sign of two parts, of Unicode 13', '\u{11938}', 'a\u{11938}b', ['A\u{11938}b'], true],
  ['a syllable', '\uac00', 'a\u1100\u1161b', ['A\uac00b'], true],
  ['a letter of Unicode 16', '\u{105c0}', 'a\u{105c0}b', ['A\u{105c0}b'], true],
  ['a letter of Unicode 17', '\u{10940}', 'a\u{10940}b', ['A\u{10940}b'], false],
  ['a capital with a dot', '\u0130', 'aib', ['A\u0130b'], true],
  ['an ideograph', '\u4e2d', 'a \u4e2d b', ['A\u4e2db'], true],
  ['no character', '\ufffd', 'ab', ['A\ufffdb'], false],
])('%s', (_name, character, ...expected) => {
  expect(fateOf(character)).toEqual(expected);
});

test('lower case looks at one letter at a time: a sigma at the end of a word is one like any other', () => {
  expect(normalize('ΟΔΟΣ', NORMALIZER)).toBe('οδοσ');
});

// In lower case, only letters younger than the engine could differ; no published vocabulary has them.
test('every character is normalised as officially, in any Unicode version of the engine', () => {
  const digest = createHash('sha256');
  for (let code = 0; code < 0x110000; code++) {
    if (code === 0xd800) code = 0xe000; // halves of characters, which the official tokenizer cannot be given
    const [normal, words, touches] = fateOf(String.fromCodePoint(code), AS_WRITTEN);
    digest.update(`${[normal, ...words, Number(touches)].join('\t')}\n`);
  }
  // From scripts/character-classes.py --digest.
  expect(digest.digest('hex')).toBe('b3a6cdb0d33acea95a4c2e8f14f77a9fc00b3526ff551e1da652ff9c719a28e6');
});
