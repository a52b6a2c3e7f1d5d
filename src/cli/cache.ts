import { cacheStore } from '../api/loading/cache.js';
import { cachedFiles } from '../hub/cached-files.js';
import { formatBytes } from '../memory/format-bytes.js';
import { print, type Terminal, table } from './terminal.js';

/** Options of `fourm cache`. */
export interface CacheOptions {
  readonly cache?: string;
  readonly json?: boolean;
}

/** `fourm cache size`: the folder of downloads, and the bytes that it takes. */
export async function showCacheSize({ cache, json }: CacheOptions, terminal: Terminal): Promise<void> {
  const store = await storeOf(cache);
  const bytes = await store.size('');
  if (json) print(terminal, JSON.stringify({ cache: store.name, bytes }, null, 2));
  else print(terminal, `${store.name}: ${formatBytes(bytes)}`);
}

/** `fourm cache list`: the files in it. Of most of them only the parts that were read are cached. */
export async function listCache({ cache, json }: CacheOptions, terminal: Terminal): Promise<void> {
  const store = await storeOf(cache);
  const files = await cachedFiles(store);
  if (json) return print(terminal, JSON.stringify({ cache: store.name, files }, null, 2));
  const rows = files.map(({ file, bytes }) => [formatBytes(bytes), file]);
  for (const line of table([['CACHED', 'FILE'], ...rows])) print(terminal, line);
}

/** `fourm cache clear`: deletes them. */
export async function clearCacheFolder({ cache, json }: CacheOptions, terminal: Terminal): Promise<void> {
  const store = await storeOf(cache);
  const bytes = await store.size('');
  await store.delete('');
  if (json) print(terminal, JSON.stringify({ cache: store.name, deleted: bytes }, null, 2));
  else print(terminal, `${store.name}: ${formatBytes(bytes)} deleted`);
}

async function storeOf(folder: string | undefined) {
  return (await cacheStore(folder))!;
}
