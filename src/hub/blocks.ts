import type { Range } from './range-response.js';

/** Bytes of a block, the unit of caching: small, so that few extra bytes are fetched, and large, so that there are few entries. */
export const BLOCK = 2 ** 18;

/** Number of blocks of a file; the last one may be shorter than the others. */
export function blockCount(size: number): number {
  return Math.ceil(size / BLOCK);
}

/** The bytes of a block in a file of `size` bytes. */
export function blockRange(block: number, size: number): Range {
  return { start: block * BLOCK, end: Math.min((block + 1) * BLOCK, size) };
}

/** The blocks that a range touches, ascending. */
export function blocksOf({ start, end }: Range): number[] {
  if (end <= start) return [];
  const first = Math.floor(start / BLOCK);
  return Array.from({ length: Math.floor((end - 1) / BLOCK) + 1 - first }, (_, i) => first + i);
}

/** Joins neighbouring blocks into ranges of bytes. @param blocks ascending */
export function runsOfBlocks(blocks: Iterable<number>, size: number): Range[] {
  const runs: { start: number; end: number }[] = [];
  for (const block of blocks) {
    const { start, end } = blockRange(block, size);
    const run = runs.at(-1);
    if (run?.end === start) run.end = end;
    else runs.push({ start, end });
  }
  return runs;
}

/** Cuts the bytes of a range, which begins with a block, into blocks as they arrive. */
export class BlockAssembler {
  readonly #size: number;
  readonly #onBlock: (block: number, bytes: Uint8Array) => Promise<void> | void;
  #block: number;
  #bytes: Uint8Array;
  #filled = 0;

  /**
   * @param start   of the range: a multiple of {@link BLOCK}
   * @param size    of the file
   * @param onBlock called with each block as soon as it is complete
   */
  constructor(start: number, size: number, onBlock: (block: number, bytes: Uint8Array) => Promise<void> | void) {
    this.#size = size;
    this.#onBlock = onBlock;
    this.#block = start / BLOCK;
    this.#bytes = this.#empty();
  }

  /** Appends the next bytes. */
  async take(part: Uint8Array): Promise<void> {
    for (let at = 0; at < part.length; ) {
      const count = Math.min(part.length - at, this.#bytes.length - this.#filled);
      this.#bytes.set(part.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled < this.#bytes.length) continue;
      const [block, bytes] = [this.#block++, this.#bytes];
      this.#filled = 0;
      this.#bytes = this.#empty();
      await this.#onBlock(block, bytes);
    }
  }

  #empty(): Uint8Array {
    const { start, end } = blockRange(this.#block, this.#size);
    return new Uint8Array(Math.max(0, end - start));
  }
}
