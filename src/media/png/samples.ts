import type { Steps } from '../steps.js';
import type { Header, Pass } from './header.js';

/** Samples between two yields. */
const STEP = 4e6;

/**
 * The samples of all passes in image order: one number each, at its own depth (a palette's index, 0 or 1 for one bit, …). For 8
 * bits without interlacing, the stored bytes themselves.
 *
 * @param bytes  the rows of all passes one after another, each pass from its offset on, without filter types
 */
export function* placeSamples(
  bytes: Uint8Array,
  header: Header,
  passes: readonly (Pass & { readonly offset: number })[],
): Steps<Uint8Array | Uint16Array> {
  const { width, height, depth, samples, isInterlaced } = header;
  if (depth === 8 && !isInterlaced) return bytes.subarray(0, width * height * samples);
  const placed = depth === 16 ? new Uint16Array(width * height * samples) : new Uint8Array(width * height * samples);
  let work = 0;
  for (const pass of passes) {
    for (let row = 0; row < pass.height; row++) {
      const from = pass.offset + row * pass.rowBytes;
      const to = ((pass.y + row * pass.stepY) * width + pass.x) * samples;
      placeRow(bytes, from, placed, to, pass.width, samples, depth, pass.stepX * samples);
      work += pass.width * samples;
      if (work > STEP) {
        work = 0;
        yield;
      }
    }
  }
  return placed;
}

function placeRow(
  bytes: Uint8Array,
  from: number,
  placed: Uint8Array | Uint16Array,
  to: number,
  width: number,
  samples: number,
  depth: number,
  step: number,
): void {
  if (depth >= 8) {
    const size = depth / 8;
    for (let x = 0, at = from; x < width; x++) {
      for (let c = 0; c < samples; c++, at += size) {
        placed[to + x * step + c] = size === 2 ? bytes[at]! * 256 + bytes[at + 1]! : bytes[at]!;
      }
    }
    return;
  }
  // Less than 8 bits: one sample a pixel, the first in the upper bits.
  const mask = (1 << depth) - 1;
  for (let x = 0; x < width; x++) {
    const bit = x * depth;
    placed[to + x * step] = (bytes[from + (bit >> 3)]! >> (8 - depth - (bit & 7))) & mask;
  }
}
