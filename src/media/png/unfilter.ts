import { MediaError } from '../../errors.js';
import type { Steps } from '../steps.js';
import type { Pass } from './header.js';

/** Bytes between two yields. */
const STEP = 4e6;

/**
 * Undoes the row filters of a pass, in place, and moves its rows together: afterwards the rows lie without their filter
 * types from `offset` on (section 9 of the specification).
 *
 * @param pixelBytes  bytes from a sample to the one of the pixel before, at least 1
 * @throws MediaError if a filter type does not exist
 */
export function* unfilter(bytes: Uint8Array, offset: number, pass: Pass, pixelBytes: number): Steps<void> {
  const { height, rowBytes } = pass;
  for (let y = 0, work = 0; y < height; y++) {
    const from = offset + y * (rowBytes + 1);
    const to = offset + y * rowBytes;
    const type = bytes[from]!;
    bytes.copyWithin(to, from + 1, from + 1 + rowBytes);
    unfilterRow(bytes, to, y === 0 ? -1 : to - rowBytes, rowBytes, pixelBytes, type);
    work += rowBytes;
    if (work > STEP) {
      work = 0;
      yield;
    }
  }
}

/** @param above  where the row above begins, -1 if there is none (its bytes count as 0) */
function unfilterRow(
  bytes: Uint8Array,
  at: number,
  above: number,
  length: number,
  pixelBytes: number,
  type: number,
): void {
  const end = at + length;
  const first = Math.min(end, at + pixelBytes);
  switch (type) {
    case 0:
      return;
    case 1:
      for (let i = first; i < end; i++) bytes[i] = bytes[i]! + bytes[i - pixelBytes]!;
      return;
    case 2:
      if (above >= 0) for (let i = at, up = above; i < end; i++, up++) bytes[i] = bytes[i]! + bytes[up]!;
      return;
    case 3:
      for (let i = at; i < end; i++) {
        const left = i < first ? 0 : bytes[i - pixelBytes]!;
        const up = above < 0 ? 0 : bytes[above + i - at]!;
        bytes[i] = bytes[i]! + ((left + up) >> 1);
      }
      return;
    case 4:
      if (above < 0) {
        unfilterRow(bytes, at, above, length, pixelBytes, 1); // without a row above, Paeth is Sub
        return;
      }
      for (let i = at, up = above; i < first; i++, up++) bytes[i] = bytes[i]! + bytes[up]!;
      for (let i = first, up = above + pixelBytes; i < end; i++, up++) {
        bytes[i] = bytes[i]! + paeth(bytes[i - pixelBytes]!, bytes[up]!, bytes[up - pixelBytes]!);
      }
      return;
    default:
      throw new MediaError(`damaged PNG: row filter ${type} does not exist`);
  }
}

/** Whichever of left, above and upper left is nearest to left + above − upper left. */
function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
