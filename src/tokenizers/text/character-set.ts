/** Ranges such as `61-7a 5f`, in hexadecimal, as a regular expression has them between brackets. */
export function charactersOf(ranges: string): string {
  return ranges
    .trim()
    .replace(/[0-9a-f]+/g, '\\u{$&}')
    .replace(/\s+/g, '');
}
