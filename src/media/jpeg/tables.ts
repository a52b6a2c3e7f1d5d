import { MediaError } from '../../errors.js';
import { buildHuffman, type Huffman } from './huffman.js';

/** The tables as the segments so far define them, each at its number, 0 to 3. */
export interface Tables {
  /** 64 divisors each, row by row. */
  readonly quantisation: (Int32Array | undefined)[];
  readonly dc: (Huffman | undefined)[];
  readonly ac: (Huffman | undefined)[];
}

/** Row by row, where the coefficients lie that are stored in a zigzag (figure A.6). */
export const ZIGZAG = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
]);

/** DQT (section B.2.4.1). @throws MediaError */
export function readQuantisation(segment: Uint8Array, { quantisation }: Tables): void {
  for (let at = 0; at < segment.length; ) {
    const [is16, id] = [segment[at]! >> 4 !== 0, segment[at]! & 15];
    at++;
    const size = is16 ? 128 : 64;
    if (id > 3 || at + size > segment.length) throw new MediaError('damaged JPEG: a quantisation table is cut short');
    const table = new Int32Array(64);
    for (let k = 0; k < 64; k++) {
      table[ZIGZAG[k]!] = is16 ? segment[at + 2 * k]! * 256 + segment[at + 2 * k + 1]! : segment[at + k]!;
    }
    quantisation[id] = table;
    at += size;
  }
}

/** DHT (section B.2.4.2). @throws MediaError */
export function readHuffman(segment: Uint8Array, tables: Tables): void {
  for (let at = 0; at < segment.length; ) {
    const [kind, id] = [segment[at]! >> 4, segment[at]! & 15];
    const counts = segment.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const end = at + 17 + total;
    if (kind > 1 || id > 3 || total > 256 || end > segment.length) {
      throw new MediaError('damaged JPEG: a Huffman table is cut short or impossible');
    }
    const symbols = segment.subarray(at + 17, end);
    if (kind === 0 && symbols.some((symbol) => symbol > 15)) {
      throw new MediaError('damaged JPEG: a Huffman table announces differences of more than 15 bits');
    }
    (kind === 0 ? tables.dc : tables.ac)[id] = buildHuffman(counts, symbols);
    at = end;
  }
}
