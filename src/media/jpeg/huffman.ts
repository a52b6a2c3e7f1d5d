import { MediaError } from '../../errors.js';

/** Codes up to this length are looked up in one step. */
export const LOOKUP_BITS = 9;

/** A Huffman code for decoding (T.81, section F.2.2.3). */
export interface Huffman {
  /** For the next 9 bits: length · 256 + symbol, or 0 if the code is longer or there is none. */
  readonly lookup: Uint16Array;
  /** By length: the largest code, -1 if there is none; at length 17 larger than every code. */
  readonly maxCode: Int32Array;
  /** By length: what to add to a code for the index of its symbol. */
  readonly offset: Int32Array;
  readonly symbols: Uint8Array;
}

/**
 * @param counts  how many codes have 1, 2, … 16 bits
 * @param symbols in the order of their codes
 * @throws MediaError if there are more codes of a length than it has
 */
export function buildHuffman(counts: Uint8Array, symbols: Uint8Array): Huffman {
  const lookup = new Uint16Array(1 << LOOKUP_BITS);
  const maxCode = new Int32Array(18).fill(-1);
  const offset = new Int32Array(18);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++) {
    offset[length] = index - code;
    for (let i = 0; i < counts[length - 1]!; i++, code++, index++) {
      if (code >= 1 << length) throw new MediaError('damaged JPEG: an impossible Huffman table');
      if (length > LOOKUP_BITS) continue;
      const spare = LOOKUP_BITS - length;
      lookup.fill(length * 256 + symbols[index]!, code << spare, (code + 1) << spare);
    }
    if (counts[length - 1]! > 0) maxCode[length] = code - 1;
    code <<= 1;
  }
  return { lookup, maxCode, offset, symbols: symbols.slice() };
}
