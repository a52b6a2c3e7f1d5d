import { MediaError } from '../../errors.js';
import type { BitReader } from './bit-reader.js';
import type { Huffman } from './huffman.js';
import { ZIGZAG } from './tables.js';

/** Reads the part of a block that a scan holds into its 64 coefficients, which lie row by row from `at` on. */
export type BlockDecoder = (coefficients: Int16Array, at: number, component: ScanComponent) => void;

/** A component within a scan. */
export interface ScanComponent {
  readonly dc: Huffman | undefined;
  readonly ac: Huffman | undefined;
  /** The DC coefficient of the previous block. */
  prediction: number;
}

/** Coefficients `first` to `last` of a progressive scan, from bit `low` on (section G.1.1.1). */
export interface Band {
  readonly first: number;
  readonly last: number;
  /** Lowest bit of the previous scan; 0 if this is the first scan of these coefficients. */
  readonly high: number;
  readonly low: number;
}

function tooMany(): never {
  throw new MediaError('damaged JPEG: a block of more than 64 coefficients');
}

/** Whole blocks (section F.2.2). */
export function sequentialBlocks(bits: BitReader): BlockDecoder {
  return (coefficients, at, component) => {
    component.prediction = (component.prediction + bits.signed(bits.symbol(component.dc!))) | 0;
    coefficients[at] = component.prediction;
    for (let k = 1; k < 64; k++) {
      const symbol = bits.symbol(component.ac!);
      const size = symbol & 15;
      if (size === 0) {
        if (symbol !== 0xf0) return; // the end of the block
        k += 15;
        continue;
      }
      k += symbol >> 4;
      if (k > 63) tooMany();
      coefficients[at + ZIGZAG[k]!] = bits.signed(size);
    }
  };
}

/** Progressive: the upper bits of DC coefficients (section G.1.2.1). */
export function firstDcBits(bits: BitReader, { low }: Band): BlockDecoder {
  return (coefficients, at, component) => {
    component.prediction = (component.prediction + bits.signed(bits.symbol(component.dc!))) | 0;
    coefficients[at] = component.prediction << low;
  };
}

/** Progressive: one more bit of DC coefficients. */
export function nextDcBit(bits: BitReader, { low }: Band): BlockDecoder {
  return (coefficients, at) => {
    if (bits.read(1) === 1) coefficients[at]! |= 1 << low;
  };
}

/** State that reaches beyond a block: how many blocks, this one included, have no more new coefficients in the band. */
export interface EndOfBand {
  run: number;
}

/** Progressive: the upper bits of AC coefficients (section G.1.2.2). */
export function firstAcBits(bits: BitReader, { first, last, low }: Band, end: EndOfBand): BlockDecoder {
  return (coefficients, at, component) => {
    if (end.run > 0) {
      end.run--;
      return;
    }
    for (let k = first; k <= last; k++) {
      const symbol = bits.symbol(component.ac!);
      const [run, size] = [symbol >> 4, symbol & 15];
      if (size === 0) {
        if (run < 15) {
          end.run = (1 << run) - 1 + bits.read(run);
          return;
        }
        k += 15;
        continue;
      }
      k += run;
      if (k > last) tooMany();
      coefficients[at + ZIGZAG[k]!] = bits.signed(size) << low;
    }
  };
}

/** Progressive: one more bit of AC coefficients, and those that are not 0 from this bit on (section G.1.2.3). */
export function nextAcBit(bits: BitReader, { first, last, low }: Band, end: EndOfBand): BlockDecoder {
  const one = 1 << low;
  /** Reads the bit of a coefficient that is not 0. */
  const refine = (coefficients: Int16Array, index: number) => {
    const value = coefficients[index]!;
    if (bits.read(1) === 1 && (value & one) === 0) coefficients[index] = value > 0 ? value + one : value - one;
  };
  return (coefficients, at, component) => {
    let k = first;
    for (; end.run === 0 && k <= last; k++) {
      const symbol = bits.symbol(component.ac!);
      let zeros = symbol >> 4;
      let fresh = 0;
      if ((symbol & 15) !== 0) {
        if ((symbol & 15) !== 1) throw new MediaError('damaged JPEG: a refined coefficient of more than one bit');
        fresh = bits.read(1) === 1 ? one : -one;
      } else if (zeros < 15) {
        end.run = (1 << zeros) + bits.read(zeros);
        break;
      }
      for (; k <= last; k++) {
        const index = at + ZIGZAG[k]!;
        if (coefficients[index] !== 0) refine(coefficients, index);
        else if (zeros-- === 0) break;
      }
      if (fresh !== 0) {
        if (k > last) tooMany();
        coefficients[at + ZIGZAG[k]!] = fresh;
      }
    }
    if (end.run === 0) return;
    for (; k <= last; k++) {
      const index = at + ZIGZAG[k]!;
      if (coefficients[index] !== 0) refine(coefficients, index);
    }
    end.run--;
  };
}
