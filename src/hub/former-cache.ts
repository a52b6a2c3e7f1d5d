/** The cache of versions up to 0.1. Node only: nothing that runs in a browser may import this. */

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Deletes the cached bytes of an earlier format, which has no checksums. Without write permission nothing is deleted.
 *
 * @param folder the cache
 * @param slot   key of the file in it
 */
export async function deleteFormerCache(folder: string, slot: string): Promise<void> {
  const files = join(folder, ...slot.split('/'));
  const names = await readdir(files).catch(() => []);
  for (const name of names.filter((name) => /^(about\.json|[0-9a-f]{16}\.(bytes|blocks))$/.test(name))) {
    await rm(join(files, name), { force: true }).catch(() => {});
  }
}
