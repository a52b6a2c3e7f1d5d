/** A cache in a folder. Node only: nothing that runs in a browser may import this. */

import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OutputError } from '../errors.js';
import { errorCode, reason } from '../io/file-errors.js';
import { ensureFolder } from '../io/folders.js';
import type { CacheStore } from './cache-store.js';

/** Everything lies below this folder of the cache, so that clearing the cache touches nothing else. */
const ROOT = 'fourm-blocks';

/** How often a write is repeated whose folder another process deletes in the meantime. */
const MAX_ATTEMPTS = 5;

/** A file for each entry. */
export class FolderStore implements CacheStore {
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
   * Bytes are not synchronized to the disk: what a power failure leaves of them does not have their checksum, and is fetched
   * again.
   *
   * @throws OutputError if they cannot be written
   */
  async put(key: string, bytes: Uint8Array): Promise<boolean> {
    const path = this.#path(key);
    const temporary = `${path}.${randomUUID()}.tmp`;
    for (let attempt = 1; ; attempt++) {
      try {
        await writeFile(temporary, bytes);
        await rename(temporary, path);
        return true;
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => {});
        if (errorCode(error) !== 'ENOENT' || attempt === MAX_ATTEMPTS) throw cannotWrite(path, error);
        await ensureFolder(dirname(path)).catch((cause: Error) => {
          throw new OutputError(`cannot write the cache: ${cause.message}; FOURM_CACHE names another folder`);
        });
      }
    }
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
      bytes += (await stat(this.#path(key)).catch(() => undefined))?.size ?? 0;
    }
    return bytes;
  }

  async delete(prefix: string): Promise<void> {
    const path = this.#path(prefix);
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
      throw cannotWrite(path, error);
    });
  }

  #path(key: string): string {
    return join(this.#root, ...key.split('/'));
  }
}

function cannotWrite(path: string, error: unknown): OutputError {
  return new OutputError(
    `cannot write the cache ${path}: ${reason(error, dirname(path))}; FOURM_CACHE names another folder`,
  );
}
