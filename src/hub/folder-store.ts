/** A cache in a folder. Node only: nothing that runs in a browser may import this. */

import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlockCache, StoreWithBlocks } from './block-cache.js';
import type { CacheRecord } from './cache-record.js';
import { writing } from './cache-writes.js';
import { FolderBlocks } from './folder-blocks.js';

/** All entries are in this folder of the cache, so that clearing the cache deletes nothing else. */
const ROOT = 'fourm-blocks';

/** One file for each entry; blocks are stored by {@link FolderBlocks}. */
export class FolderStore implements StoreWithBlocks {
  readonly name: string;
  readonly #root: string;

  constructor(folder: string) {
    this.name = folder;
    this.#root = join(folder, ROOT);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const file = await readFile(this.#path(key)).catch(() => undefined);
    return file && new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  }

  /**
   * Bytes are not synchronized to the disk: after a power failure, entries without their checksum are fetched again.
   *
   * @throws OutputError if they cannot be written
   */
  async put(key: string, bytes: Uint8Array): Promise<boolean> {
    const path = this.#path(key);
    const temporary = `${path}.${randomUUID()}.tmp`;
    await writing(path, async () => {
      try {
        await writeFile(temporary, bytes);
        await rename(temporary, path);
      } finally {
        await rm(temporary, { force: true });
      }
    });
    return true;
  }

  async keys(prefix: string): Promise<string[]> {
    const entries = await readdir(this.#path(prefix), { recursive: true, withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'))
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(this.#root.length + 1)
          .replaceAll('\\', '/'),
      );
  }

  async size(prefix: string): Promise<number> {
    let bytes = 0;
    for (const key of await this.keys(prefix)) {
      const file = await stat(this.#path(key)).catch(() => undefined);
      // Holes of sparse files take no space.
      if (file) bytes += Math.min(file.size, file.blocks * 512);
    }
    return bytes;
  }

  async delete(prefix: string): Promise<void> {
    const path = this.#path(prefix);
    await writing(path, () => rm(path, { recursive: true, force: true }));
  }

  blocks(folder: string, record: CacheRecord): BlockCache {
    return new FolderBlocks(this.#path(folder), record);
  }

  #path(key: string): string {
    return join(this.#root, ...key.split('/'));
  }
}
