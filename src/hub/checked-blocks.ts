import { DownloadError, OutputError } from '../errors.js';
import { type BlockCache, cachedBlock, isChecked, setChecked } from './block-cache.js';
import { blockCount } from './blocks.js';
import type { CacheStore } from './cache-store.js';
import type { Range } from './range-response.js';
import { cachedSample, type Sample } from './sample.js';
import { createSha256 } from './sha256.js';

/** Caches a block. @returns false if there is no space for it */
export type PutBlock = (block: number, bytes: Uint8Array) => Promise<boolean>;

/** The cached blocks of a file, compared with the file's SHA-256 as soon as all of them are cached. */
export class CheckedBlocks {
  readonly #name: string;
  readonly #store: CacheStore;
  readonly #slot: string;
  readonly #cache: BlockCache;
  /** Blocks with an entry when entries were last listed. Entries may have been damaged or deleted since. */
  #entries: Promise<Set<number>> | undefined;

  /** @param name the file in error messages @param slot key of the file in the cache */
  constructor(name: string, store: CacheStore, slot: string, cache: BlockCache) {
    this.#name = name;
    this.#store = store;
    this.#slot = slot;
    this.#cache = cache;
  }

  /** As {@link BlockCache.read}. */
  read(range: Range, use: (block: number, bytes: Uint8Array | undefined) => void): Promise<void> {
    return this.#cache.read(range, use);
  }

  /** Blocks that are probably cached. @param fresh whether to list the entries again */
  entries(fresh = false): Promise<Set<number>> {
    if (fresh || !this.#entries) this.#entries = this.#cache.entries();
    return this.#entries;
  }

  /** Some cached bytes; undefined if no block is cached. */
  sample(): Promise<Sample | undefined> {
    return cachedSample(this.#cache);
  }

  /** Runs `work`, which writes blocks with the function that it is given. @throws OutputError if they cannot be written */
  async write(work: (put: PutBlock) => Promise<void>): Promise<void> {
    if (await isChecked(this.#store, this.#slot, this.#cache.record)) await this.#setChecked(false);
    const writer = await this.#cache.write();
    try {
      await work(async (block, bytes) => {
        const kept = await writer.put(block, bytes);
        if (kept) (await this.entries()).add(block);
        return kept;
      });
    } finally {
      await writer.close();
    }
  }

  /**
   * Compares the file with its SHA-256, if the server has named one and all blocks are cached, once after each write.
   *
   * @throws DownloadError if they differ; the cached blocks are deleted
   */
  async verify(): Promise<void> {
    const { sha256, size } = this.#cache.record;
    if (sha256 === undefined) return;
    const count = blockCount(size);
    if ((await this.entries()).size < count) return;
    if (await isChecked(this.#store, this.#slot, this.#cache.record)) return;
    const hash = createSha256();
    for (let block = 0; block < count; block++) {
      const bytes = await cachedBlock(this.#cache, block);
      if (!bytes) return;
      hash.update(bytes);
    }
    const actual = hash.hex();
    if (actual === sha256) {
      // In a cache that this user cannot write to, the result is not recorded.
      return this.#setChecked(true).catch((error: unknown) => {
        if (!(error instanceof OutputError)) throw error;
      });
    }
    await this.#cache.delete();
    this.#entries = undefined;
    throw new DownloadError(
      `${this.#name} is damaged: its SHA-256 is ${actual}, and the server names ${sha256}; it was deleted from the cache`,
    );
  }

  #setChecked(checked: boolean): Promise<void> {
    return setChecked(this.#store, this.#slot, this.#cache.record, checked);
  }
}
