/** Node only: files on disk, and the folder of downloads. In browsers `package.json` replaces this file by an empty one. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ByteSource } from '../../checkpoints/byte-source.js';
import { fileSource } from '../../checkpoints/file-source.js';
import { InvalidInputError } from '../../errors.js';
import { cacheFolder } from '../../hub/cache-folder.js';
import type { CacheStore } from '../../hub/cache-store.js';
import { FolderStore } from '../../hub/folder-store.js';
import { deleteFormerCache } from '../../hub/former-cache.js';

export { writeFileAtomic } from '../../io/write-file.js';

/**
 * A file, read by range. It is open only while it is read.
 *
 * @param url of the scheme `file:`
 * @throws InvalidInputError if there is no such file or it cannot be read
 */
export async function fromDisk(url: URL): Promise<ByteSource> {
  const path = fileURLToPath(url);
  const { size, close } = await fileSource(path);
  await close();
  return {
    name: path,
    size,
    async read(offset, length) {
      const file = await fileSource(path);
      try {
        return await file.read(offset, length);
      } finally {
        await file.close();
      }
    },
  };
}

/** The URL of a path, with any characters escaped, and the kind of entry there. @param path relative to the working folder */
export async function onDisk(path: string): Promise<{ url: URL; kind: 'file' | 'folder' | 'nothing' }> {
  const status = await stat(path).catch(() => undefined);
  return { url: pathToFileURL(path), kind: !status ? 'nothing' : status.isDirectory() ? 'folder' : 'file' };
}

/** The cache of downloads in a folder. @param slot key of a file of which what earlier versions kept is deleted */
export async function folderStore(given: string | undefined, slot: string | undefined): Promise<CacheStore> {
  const folder = given ?? cacheFolder();
  if (slot !== undefined) await deleteFormerCache(folder, slot);
  return new FolderStore(folder);
}

/** The address of a file that users put into the cache's folder themselves; undefined if there is no such folder. */
export function addressInCache(name: string, given: string | undefined): string | undefined {
  try {
    return pathToFileURL(join(given ?? cacheFolder(), name)).href;
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}
