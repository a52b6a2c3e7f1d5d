import type { CacheStore } from './cache-store.js';

/** A file that is cached, at least in part. */
export interface CachedFile {
  /** Key of the file in the cache: host, repository and name. */
  readonly file: string;
  /** Total size of its entries. */
  readonly bytes: number;
}

/** Entries of a file: its record, its version's folder, and a file that was fetched as a whole. */
const ENTRY = /\/(version\.json|file|[0-9a-f]{16}\/[^/]+)$/;

/** The files of a cache, by name. */
export async function cachedFiles(store: CacheStore): Promise<CachedFile[]> {
  const keys = await store.keys('');
  const files = [...new Set(keys.map((key) => key.replace(ENTRY, '')))].sort();
  return Promise.all(files.map(async (file) => ({ file, bytes: await store.size(`${file}/`) })));
}
