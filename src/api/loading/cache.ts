/** The cache of downloads: a folder in Node, the Cache API in browsers, or a store of the caller's own. */

import type { CacheStore } from '../../hub/cache-store.js';
import { openWebStore } from '../../hub/web-store.js';
import { diskModule } from './disk-module.js';

/** Which cache: a folder, in Node; a store; true or nothing for the usual one; false for none. */
export type CacheChoice = string | boolean | CacheStore | undefined;

/**
 * The store of a cache.
 *
 * @param slot key of the file that will be read; what earlier versions kept of it is deleted
 * @returns    undefined where nothing is to be kept, or can be
 * @throws InvalidInputError if this user has no folder for caches and FOURM_CACHE names none
 */
export async function cacheStore(choice: CacheChoice, slot?: string): Promise<CacheStore | undefined> {
  if (choice === false) return undefined;
  if (typeof choice === 'object') return choice;
  const folder = typeof choice === 'string' ? choice : undefined;
  const disk = await diskModule();
  return disk ? disk.folderStore(folder, slot) : openWebStore();
}

/** Bytes that a cache takes. @param cache as the option `cache` of `loadModel` */
export async function cacheSize(cache?: CacheChoice): Promise<number> {
  return (await (await cacheStore(cache))?.size('')) ?? 0;
}

/**
 * Deletes all that a cache keeps, and nothing else. Models that are in use download what they need again.
 *
 * @param cache as the option `cache` of `loadModel`
 * @throws OutputError if this user may not delete it
 */
export async function clearCache(cache?: CacheChoice): Promise<void> {
  await (await cacheStore(cache))?.delete('');
}
