/**
 * Converts runs of characters of `character-classes.ts` to a character class of regular expressions: `1p-p 4-p` is
 * `\u{3d}-\u{56}\u{5a}-\u{73}`.
 */
export function charactersOf(runs: string): string {
  let last = 0;
  const escaped = (distance: string) => {
    last += Number.parseInt(distance, 36);
    return `\\u{${last.toString(16)}}`;
  };
  return runs
    .trim()
    .replace(/[0-9a-z]+/g, escaped)
    .replace(/\s+/g, '');
}
