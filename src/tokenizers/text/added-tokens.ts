/** Finding added tokens in a text: special tokens, sentinels, coordinates such as `v0=12`, class names. */
import { WORD } from './character-classes.js';
import { charactersOf } from './character-set.js';
import { normalize } from './normalize.js';
import type { AddedToken, BertNormalizer } from './tokenizer-json.js';

/** A piece of text, or an added token found in it. */
export type TextPart = string | AddedToken;

const ENDS_WITH_WORD = new RegExp(`[${charactersOf(WORD)}]$`, 'u');
const STARTS_WITH_WORD = new RegExp(`^[${charactersOf(WORD)}]`, 'u');

/**
 * Creates a function that normalises a text and splits it at added tokens: first those of the unnormalised text (special tokens,
 * sentinels, coordinates), then those of the normalised text (class names).
 *
 * @returns the added tokens, and the normalised text between them, in order
 */
export function addedTokenSplitter(tokens: readonly AddedToken[], normalizer: BertNormalizer) {
  const splitRaw = splitter(tokens.filter((token) => !token.normalized).map((token) => [token.content, token]));
  const splitNormalized = splitter(
    tokens.filter((token) => token.normalized).map((token) => [normalize(token.content, normalizer), token]),
  );
  return (text: string): TextPart[] =>
    splitRaw(text).flatMap((part) =>
      typeof part === 'string' ? splitNormalized(normalize(part, normalizer)) : [part],
    );
}

/** Splits a text at the patterns: from the left, longest first, without overlap. Empty patterns never match. */
function splitter(patterns: readonly [pattern: string, token: AddedToken][]): (text: string) => TextPart[] {
  const byPattern = new Map(patterns.filter(([pattern]) => pattern !== ''));
  const lengths = [...new Set([...byPattern.keys()].map((pattern) => pattern.length))].sort((a, b) => b - a);
  const firstUnits = new Set([...byPattern.keys()].map((pattern) => pattern[0]));

  return (text) => {
    const parts: TextPart[] = [];
    let done = 0;
    let at = 0;
    while (at < text.length) {
      const length = firstUnits.has(text[at]) ? lengths.find((l) => byPattern.has(text.substr(at, l))) : undefined;
      if (length === undefined) {
        at++;
        continue;
      }
      const end = at + length;
      const token = byPattern.get(text.slice(at, end))!;
      // A match inside a word is skipped; no shorter match is tried.
      const insideWord =
        ENDS_WITH_WORD.test(text.slice(Math.max(0, at - 2), at)) || STARTS_WITH_WORD.test(text.slice(end, end + 2));
      if (!(token.single_word && insideWord)) {
        if (done < at) parts.push(text.slice(done, at));
        parts.push(token);
        done = end;
      }
      at = end;
    }
    if (done < text.length) parts.push(text.slice(done));
    return parts;
  };
}
