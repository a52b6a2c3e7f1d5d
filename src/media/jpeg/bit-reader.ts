import { MediaError } from '../../errors.js';
import { type Huffman, LOOKUP_BITS } from './huffman.js';

/**
 * The bits of an entropy-coded segment. Zero bytes after 0xFF are left out; a marker ends the bits.
 *
 * @throws MediaError from every read for which there are not enough bits
 */
export class BitReader {
  readonly #bytes: Uint8Array;
  /** The next byte to take in. Never behind the next marker. */
  #position: number;
  /** The lowest {@link #count} bits are still to be read. */
  #bits = 0;
  #count = 0;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.#position = position;
  }

  /** The search for the next marker starts at this byte. */
  get position(): number {
    return this.#position;
  }

  /** The next `count` bits, 0 to 16, as a number from 0. */
  read(count: number): number {
    if (count === 0) return 0;
    this.#need(count);
    this.#count -= count;
    return (this.#bits >>> this.#count) & ((1 << count) - 1);
  }

  /** A number that is stored in `size` bits, 0 to 15: positive ones as they are, negative ones less 1 (section F.2.2.1). */
  signed(size: number): number {
    const value = this.read(size);
    return size === 0 || value >= 1 << (size - 1) ? value : value - (1 << size) + 1;
  }

  /** The symbol of the next code. @throws MediaError also if there is no such code */
  symbol({ lookup, maxCode, offset, symbols }: Huffman): number {
    this.#fill();
    const spare = this.#count - LOOKUP_BITS;
    const next = spare >= 0 ? this.#bits >>> spare : this.#bits << -spare;
    const found = lookup[next & ((1 << LOOKUP_BITS) - 1)]!;
    if (found !== 0) {
      this.#need(found >> 8);
      this.#count -= found >> 8;
      return found & 255;
    }
    let code = this.read(LOOKUP_BITS);
    for (let length = LOOKUP_BITS + 1; length <= 16; length++) {
      code = (code << 1) | this.read(1);
      if (code <= maxCode[length]!) return symbols[code + offset[length]!]!;
    }
    throw new MediaError('damaged JPEG: a code that its Huffman table does not have');
  }

  /** Leaves the bits before the next marker, which must be the restart marker of that number, 0 to 7. */
  restart(number: number): void {
    let at = this.#position;
    while (this.#bytes[at] === 0xff && this.#bytes[at + 1] === 0xff) at++; // fill bytes
    if (this.#bytes[at] !== 0xff || this.#bytes[at + 1] !== 0xd0 + number) {
      throw new MediaError(`damaged JPEG: no restart marker ${number} at byte ${at}`);
    }
    this.#position = at + 2;
    this.#bits = 0;
    this.#count = 0;
  }

  #need(count: number): void {
    if (this.#count >= count) return;
    this.#fill();
    if (this.#count < count) throw new MediaError(`truncated JPEG: its pixels end at byte ${this.#position}`);
  }

  /** Reads bytes as long as eight more bits fit. */
  #fill(): void {
    const bytes = this.#bytes;
    while (this.#count <= 23 && this.#position < bytes.length) {
      const byte = bytes[this.#position]!;
      if (byte === 0xff) {
        if (bytes[this.#position + 1] !== 0) return; // a marker, or the end
        this.#position++;
      }
      this.#position++;
      this.#bits = (this.#bits << 8) | byte;
      this.#count += 8;
    }
  }
}
