/** Parts of a file on disk. Node only: nothing that runs in a browser may import this. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileSource } from '../checkpoints/file-source.js';
import { readFile } from '../io/read-file.js';
import { writeFileAtomic } from '../io/write-file.js';
import type { Range } from './answer.js';
import { BlockMap } from './block-map.js';
import { writing } from './cache-folder.js';

/** Bytes after which the map is written too, so that a killed process loses no more of its download. */
const SAVE_EVERY = 2 ** 24;

/**
 * The blocks of a file that have been fetched so far: `path.bytes` with holes where nothing has been, and `path.blocks`, which
 * says what is there. The map is written after the bytes have reached the disk, so that it never promises too much; what two
 * processes fetch at once, both have, as both write the same bytes.
 */
export class BlockStore {
  readonly map: BlockMap;
  readonly #path: string;

  private constructor(path: string, map: BlockMap) {
    this.#path = path;
    this.map = map;
  }

  static async open(path: string, size: number): Promise<BlockStore> {
    const map = await readMap(path, size);
    const there = await stat(`${path}.bytes`).catch(() => undefined);
    return new BlockStore(path, (there?.size ?? 0) >= map.reach ? map : new BlockMap(size));
  }

  /** Bytes [offset, offset + length), all of which must be there. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const file = await fileSource(`${this.#path}.bytes`);
    try {
      return await file.read(offset, length);
    } finally {
      await file.close();
    }
  }

  /**
   * Takes in bytes as they come.
   *
   * @param start where they begin: where a block does
   * @param work  is given what takes the next bytes; what it has taken by the time it fails is kept
   * @throws OutputError if they cannot be written
   */
  async fill(start: number, work: (take: (bytes: Uint8Array) => Promise<void>) => Promise<void>): Promise<void> {
    const file = await writing(this.#path, async () => {
      await mkdir(dirname(this.#path), { recursive: true });
      return openForWriting(`${this.#path}.bytes`);
    });
    let [end, saved] = [start, start];
    const save = () =>
      writing(this.#path, async () => {
        if (end === saved) return;
        await file.datasync();
        this.map.add({ start, end });
        this.map.merge(await readMap(this.#path, this.map.size));
        await writeFileAtomic(`${this.#path}.blocks`, this.map.toBytes());
        saved = end;
      });
    try {
      await work(async (bytes) => {
        await writing(this.#path, () => writeAt(file, bytes, end));
        end += bytes.length;
        if (end - saved >= SAVE_EVERY) await save();
      });
    } finally {
      try {
        await save();
      } finally {
        await file.close();
      }
    }
  }

  /** SHA-256 of the whole file, in hexadecimal digits. */
  async sha256(): Promise<string> {
    const hash = createHash('sha256');
    const { size } = this.map;
    if (size > 0)
      for await (const part of createReadStream(`${this.#path}.bytes`, { end: size - 1 })) hash.update(part);
    return hash.digest('hex');
  }

  /** Deletes all. */
  async delete(): Promise<void> {
    await rm(`${this.#path}.blocks`, { force: true });
    await rm(`${this.#path}.bytes`, { force: true });
  }

  /** What `fill` would still have to take for a range to be readable. */
  missing(range: Range): Range[] {
    return this.map.missing(range);
  }
}

async function readMap(path: string, size: number): Promise<BlockMap> {
  return new BlockMap(size, await readFile(`${path}.blocks`).catch(() => undefined));
}

/** Opens a file for writing without emptying it. */
async function openForWriting(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx+');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return open(path, 'r+');
    throw error;
  }
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
