import type { Range } from './answer.js';

/** Bytes of a block: small, so that little is fetched beside what is needed; large, so that their map stays small. */
export const BLOCK = 2 ** 18;

/** Which blocks of a file are there: one bit each. */
export class BlockMap {
  readonly size: number;
  readonly #bits: Uint8Array;

  /**
   * @param size of the file
   * @param bits as {@link toBytes} gave them; anything of another length counts as an empty map
   */
  constructor(size: number, bits?: Uint8Array) {
    this.size = size;
    const length = Math.ceil(Math.ceil(size / BLOCK) / 8);
    this.#bits = bits?.length === length ? bits.slice() : new Uint8Array(length);
  }

  get count(): number {
    return Math.ceil(this.size / BLOCK);
  }

  has(block: number): boolean {
    return (this.#bits[block >> 3]! & (1 << (block & 7))) !== 0;
  }

  /** Adds the blocks that lie within a range as a whole; the file's last one may be shorter than a block. */
  add({ start, end }: Range): void {
    const last = end === this.size ? this.count : Math.floor(end / BLOCK);
    for (let block = Math.ceil(start / BLOCK); block < last; block++) this.#bits[block >> 3]! |= 1 << (block & 7);
  }

  /** Adds what another map of the same file has. */
  merge(other: BlockMap): void {
    other.#bits.forEach((byte, i) => {
      this.#bits[i]! |= byte;
    });
  }

  /** The blocks that a range touches and that are not there, neighbours put together, as ranges of bytes. */
  missing({ start, end }: Range): Range[] {
    const runs: { start: number; end: number }[] = [];
    if (end <= start) return runs;
    for (let block = Math.floor(start / BLOCK); block <= Math.floor((end - 1) / BLOCK); block++) {
      if (this.has(block)) continue;
      const next = { start: block * BLOCK, end: Math.min((block + 1) * BLOCK, this.size) };
      const run = runs.at(-1);
      if (run?.end === next.start) run.end = next.end;
      else runs.push(next);
    }
    return runs;
  }

  /** Bytes of the file that are there. */
  get present(): number {
    const missing = this.missing({ start: 0, end: this.size });
    return this.size - missing.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** Where the last block that is there ends. */
  get reach(): number {
    for (let block = this.count - 1; block >= 0; block--) {
      if (this.has(block)) return Math.min((block + 1) * BLOCK, this.size);
    }
    return 0;
  }

  toBytes(): Uint8Array {
    return this.#bits.slice();
  }
}
