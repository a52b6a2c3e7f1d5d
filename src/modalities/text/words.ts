/** Common parts of the text formats: numbers are words such as `v0=17`; the vocabulary has v0 to v3 with 0 to 999 each. */

/** Selects the official behaviour where ours differs. */
export interface CompatOptions {
  readonly compat?: 'official';
}

/** The complete values of a generated text. */
export interface ParsedText<T> {
  readonly values: T;
  /** Number of words that belong to no complete value: truncated, out of range, or misplaced. */
  readonly unparsed: number;
}

/** The words of a text, without those that only end or pad it. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '' && word !== '[EOS]' && word !== '[PAD]');
}

/**
 * The words of a text as the official readers have it, which decode it from tokens first: a number word that the vocabulary
 * lacks is several words (`v0=-25` is `v0`, `=`, `-`, `25`), and `[PAD]` is a word.
 */
export function tokenizedWords(text: string): string[] {
  const words = text.match(/\[[A-Z]+\]|\bv[0-3]=\d{1,3}\b|[\p{L}\p{N}]+|\S/gu) ?? [];
  return words.filter((word) => word !== '[EOS]');
}

/** The number in a word such as `v0=17`; undefined for any other word, and above 999. */
export function numberIn(word: string | undefined): number | undefined {
  const match = /^v[0-3]=(\d{1,3})$/.exec(word ?? '');
  return match === null ? undefined : Number(match[1]);
}

/** The whole number behind the "=" of any word, negative or large ones too: what the official readers take. */
export function anyNumberIn(word: string): number | undefined {
  const match = /^[^=]*=([+-]?\d+)$/.exec(word);
  return match === null ? undefined : Number(match[1]);
}

/** Token ids from 0 to 1023 as words: `v0=<id>` below 512, `v1=<id - 512>` from there. */
export function tokenWord(id: number): string {
  return id < 512 ? `v0=${id}` : `v1=${id - 512}`;
}

/** The token id that a word stands for, with `v2` and `v3` read like `v1`; undefined if it stands for none. */
export function tokenIn(word: string): number | undefined {
  const number = numberIn(word);
  if (number === undefined) return undefined;
  const id = word.startsWith('v0=') ? number : number + 512;
  return id < 1024 ? id : undefined;
}
