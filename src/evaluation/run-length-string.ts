/** Run lengths as the compressed strings of COCO files. */
import { InvalidInputError } from '../errors.js';

/** The first of the 64 characters that stand for six bits. */
const FIRST = 48;
/** Bits of a number in a character; the sixth bit is set if more characters follow. */
const BITS = 5;
const CONTINUES = 1 << BITS;
const SIGN = 1 << (BITS - 1);

/** From the fourth run on, a run is stored as the difference to the one before the last. */
const FIRST_DIFFERENCE = 3;

/** Run lengths as a string. */
export function runsToString(counts: readonly number[]): string {
  return counts
    .map((count, i) => {
      let rest = i < FIRST_DIFFERENCE ? count : count - counts[i - 2]!;
      let text = '';
      for (let isDone = false; !isDone; ) {
        const group = rest & (CONTINUES - 1);
        rest >>= BITS;
        isDone = rest === (group & SIGN ? -1 : 0);
        text += String.fromCharCode(FIRST + (isDone ? group : group | CONTINUES));
      }
      return text;
    })
    .join('');
}

/** Run lengths from a string. @throws {InvalidInputError} if it ends within a number, has other characters, or negative runs */
export function stringToRuns(text: string): number[] {
  const counts: number[] = [];
  let [value, shift] = [0, 0];
  for (const character of text) {
    const code = character.charCodeAt(0) - FIRST;
    if (code < 0 || code >= 2 * CONTINUES)
      throw new InvalidInputError(`a mask string cannot have the character ${character}`);
    value += (code & (CONTINUES - 1)) * 2 ** shift;
    shift += BITS;
    if (code & CONTINUES) continue;
    if (code & SIGN) value -= 2 ** shift;
    const count = counts.length < FIRST_DIFFERENCE ? value : value + counts[counts.length - 2]!;
    if (count < 0) throw new InvalidInputError(`a mask string has a run of ${count} pixels`);
    counts.push(count);
    [value, shift] = [0, 0];
  }
  if (shift > 0) throw new InvalidInputError('a mask string ends within a number');
  return counts;
}
