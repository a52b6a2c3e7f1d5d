import type { CacheStore } from './cache-store.js';

/** The store of this page's origin; undefined if the page may not use the Cache API (without TLS, in sandboxes, in private windows). */
export async function openWebStore(): Promise<CacheStore | undefined> {
  try {
    if (typeof caches === 'undefined') return undefined;
    await caches.keys();
    return new WebStore(caches);
  } catch {
    return undefined;
  }
}

/** Prefix of the names of our caches. */
const PREFIX = 'fourm/';
/** Entries of the Cache API have URLs as keys. This one is never fetched. */
const ADDRESS = 'https://fourm.invalid/';

/**
 * A cache in the Cache API of browsers, which pages and workers of an origin share. Entries of one folder of keys are in one
 * `Cache`, so that the entries of a file can be listed and deleted without looking at those of others.
 */
export class WebStore implements CacheStore {
  readonly name = 'of this origin';
  readonly #caches: CacheStorage;

  constructor(storage: CacheStorage) {
    this.#caches = storage;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const { cache, entry } = parts(key);
    try {
      const found = await this.#caches.match(entry, { cacheName: cache });
      return found && new Uint8Array(await found.arrayBuffer());
    } catch {
      return undefined;
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<boolean> {
    const { cache, entry } = parts(key);
    const response = new Response(bytes as Uint8Array<ArrayBuffer>, {
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(bytes.length) },
    });
    try {
      await (await this.#caches.open(cache)).put(entry, response);
      return true;
    } catch {
      // Browsers limit the storage of an origin, and may delete it at any time.
      return false;
    }
  }

  async keys(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for (const name of await this.#names(prefix)) {
      for (const { url } of await (await this.#caches.open(name)).keys()) keys.push(keyOf(name, url));
    }
    return keys;
  }

  async size(prefix: string): Promise<number> {
    let bytes = 0;
    for (const name of await this.#names(prefix)) {
      for (const response of await (await this.#caches.open(name)).matchAll()) {
        bytes += Number(response.headers.get('content-length'));
      }
    }
    return bytes;
  }

  async delete(prefix: string): Promise<void> {
    for (const name of await this.#names(prefix)) await this.#caches.delete(name);
  }

  /** The names of the caches that hold keys with a prefix. */
  async #names(prefix: string): Promise<string[]> {
    return (await this.#caches.keys()).filter((name) => `${name}/`.startsWith(PREFIX + prefix));
  }
}

function parts(key: string): { cache: string; entry: string } {
  const at = key.lastIndexOf('/');
  return { cache: PREFIX + key.slice(0, at), entry: ADDRESS + encodeURIComponent(key.slice(at + 1)) };
}

function keyOf(cache: string, url: string): string {
  return `${cache.slice(PREFIX.length)}/${decodeURIComponent(url.slice(ADDRESS.length))}`;
}
