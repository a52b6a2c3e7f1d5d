/** Cached blocks in two files. Node only: nothing that runs in a browser may import this. */

import { createHash } from 'node:crypto';
import { constants, type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlockCache, type BlockWriter, blockLabel } from './block-cache.js';
import { BLOCK, blockCount, blockRange, blocksOf } from './blocks.js';
import type { CacheRecord } from './cache-record.js';
import { writing } from './cache-writes.js';
import type { Range } from './range-response.js';

/** Bytes of a checksum: SHA-256. */
const SUM = 32;
/** Blocks read at a time: few enough to stay in the processor's cache until their checksums are computed. */
const BLOCKS_AT_ONCE = 4;

/**
 * The blocks of a version in a folder: the sparse file `bytes` has each block at its offset, and `sums` the checksum of each. A
 * block without its checksum counts as absent, so the files need not agree. Concurrent writers write the same bytes. Nothing is
 * synchronized to the disk: blocks damaged by a power failure are fetched again.
 */
export class FolderBlocks implements BlockCache {
  readonly record: CacheRecord;
  readonly #folder: string;

  constructor(folder: string, record: CacheRecord) {
    this.#folder = folder;
    this.record = record;
  }

  async read(range: Range, use: (block: number, bytes: Uint8Array | undefined) => void): Promise<void> {
    const blocks = blocksOf(range);
    const [bytes, sums] = [await this.#openToRead('bytes'), await this.#openToRead('sums')];
    const buffer = new Uint8Array(Math.min(blocks.length, BLOCKS_AT_ONCE) * BLOCK);
    try {
      for (let at = 0; at < blocks.length; at += BLOCKS_AT_ONCE) {
        const part = blocks.slice(at, at + BLOCKS_AT_ONCE);
        if (bytes && sums) await this.#readPart(part, bytes, sums, buffer, use);
        else for (const block of part) use(block, undefined);
      }
    } finally {
      await bytes?.close();
      await sums?.close();
    }
  }

  async entries(): Promise<Set<number>> {
    const sums = await readFile(join(this.#folder, 'sums')).catch(() => new Uint8Array());
    const entries = new Set<number>();
    for (let block = 0; block < blockCount(this.record.size); block++) {
      if (sumAt(sums, block).some((byte) => byte !== 0)) entries.add(block);
    }
    return entries;
  }

  async write(): Promise<BlockWriter> {
    const bytes = await this.#openToWrite('bytes');
    const sums = await this.#openToWrite('sums').catch(async (error: unknown) => {
      await bytes.close();
      throw error;
    });
    const put = async (block: number, content: Uint8Array) => {
      await writing(join(this.#folder, 'bytes'), () => writeFully(bytes, content, block * BLOCK));
      await writing(join(this.#folder, 'sums'), () => writeFully(sums, this.#sumOf(block, content), block * SUM));
      return true;
    };
    const close = async () => {
      await bytes.close();
      await sums.close();
    };
    return { put, close };
  }

  async delete(): Promise<void> {
    await writing(this.#folder, () => rm(this.#folder, { recursive: true, force: true }));
  }

  async #readPart(
    blocks: readonly number[],
    bytes: FileHandle,
    sums: FileHandle,
    buffer: Uint8Array,
    use: (block: number, bytes: Uint8Array | undefined) => void,
  ): Promise<void> {
    const [first, last] = [blocks[0]!, blocks.at(-1)!];
    const length = blockRange(last, this.record.size).end - first * BLOCK;
    const content = await readFully(bytes, buffer.subarray(0, length), first * BLOCK);
    const expected = await readFully(sums, new Uint8Array(blocks.length * SUM), first * SUM);
    blocks.forEach((block, i) => {
      const { start, end } = blockRange(block, this.record.size);
      const part = content.subarray(start - first * BLOCK, end - first * BLOCK);
      const isWhole = part.length === end - start && this.#sumOf(block, part).equals(sumAt(expected, i));
      use(block, isWhole ? part : undefined);
    });
  }

  #sumOf(block: number, bytes: Uint8Array): Buffer {
    return createHash('sha256').update(bytes).update(blockLabel(this.record, block)).digest();
  }

  async #openToRead(name: string): Promise<FileHandle | undefined> {
    return open(join(this.#folder, name)).catch(() => undefined);
  }

  /** Opens a file without truncating it; creates it if it does not exist. */
  #openToWrite(name: string): Promise<FileHandle> {
    const path = join(this.#folder, name);
    return writing(path, () => open(path, constants.O_RDWR | constants.O_CREAT));
  }
}

function sumAt(sums: Uint8Array, index: number): Uint8Array {
  return sums.subarray(index * SUM, (index + 1) * SUM);
}

/** Reads bytes at an offset of a file. @returns the bytes read: fewer if the file ends before or cannot be read */
async function readFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<Uint8Array> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file
      .read(bytes, filled, bytes.length - filled, position + filled)
      .catch(() => ({ bytesRead: 0 }));
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
