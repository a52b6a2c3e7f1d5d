import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { blockCount, blockRange, blocksOf } from './blocks.js';
import type { CacheRecord } from './cache-record.js';
import type { CacheStore } from './cache-store.js';
import type { Range } from './range-response.js';
import { seal, unseal } from './sealed-block.js';

/**
 * The cached blocks of one version of a file. Which blocks are cached is not kept in memory: each block is read with its
 * checksum, and an absent or damaged one counts as not cached.
 */
export interface BlockCache {
  /** The version, as its server described it. */
  readonly record: CacheRecord;
  /**
   * Reads the blocks of a range.
   *
   * @param use called with each block, in any order, or with undefined for one that is not cached; the bytes are valid until it returns
   */
  read(range: Range, use: (block: number, bytes: Uint8Array | undefined) => void): Promise<void>;
  /** The blocks for which there is an entry, which may turn out to be damaged when it is read. */
  entries(): Promise<Set<number>>;
  /** Begins to write blocks. @throws OutputError if they cannot be written */
  write(): Promise<BlockWriter>;
  /** Deletes all blocks of this version. */
  delete(): Promise<void>;
}

/** Writes blocks. The caller closes it. */
export interface BlockWriter {
  /** Caches a block. @returns false if there is no space for it */
  put(block: number, bytes: Uint8Array): Promise<boolean>;
  close(): Promise<void>;
}

/** A store with its own format for blocks. */
export interface StoreWithBlocks extends CacheStore {
  /** @param folder key of the folder for this version's entries */
  blocks(folder: string, record: CacheRecord): BlockCache;
}

/** The cached blocks of a version. @param slot key of the file in the cache */
export function blockCache(store: CacheStore | StoreWithBlocks, slot: string, record: CacheRecord): BlockCache {
  const folder = versionFolder(slot, record);
  return 'blocks' in store ? store.blocks(folder, record) : new EntryBlocks(store, folder, record);
}

/** A block; undefined if it is not cached, or not as it was written. */
export async function cachedBlock(cache: BlockCache, block: number): Promise<Uint8Array | undefined> {
  let found: Uint8Array | undefined;
  await cache.read(blockRange(block, cache.record.size), (_, bytes) => {
    found = bytes && new Uint8Array(bytes);
  });
  return found;
}

/** Whether the whole file was found to have the checksum that its server named, and nothing was written since. */
export async function isChecked(store: CacheStore, slot: string, record: CacheRecord): Promise<boolean> {
  return (await store.get(`${versionFolder(slot, record)}checked`))?.[0] === 1;
}

/** Sets {@link isChecked}. */
export async function setChecked(
  store: CacheStore,
  slot: string,
  record: CacheRecord,
  checked: boolean,
): Promise<void> {
  await store.put(`${versionFolder(slot, record)}checked`, Uint8Array.of(checked ? 1 : 0));
}

/** Blocks that are read at once. */
const CONCURRENT_READS = 8;

/** An entry for each block. */
class EntryBlocks implements BlockCache {
  readonly record: CacheRecord;
  readonly #store: CacheStore;
  readonly #folder: string;

  constructor(store: CacheStore, folder: string, record: CacheRecord) {
    this.#store = store;
    this.#folder = folder;
    this.record = record;
  }

  async read(range: Range, use: (block: number, bytes: Uint8Array | undefined) => void): Promise<void> {
    const blocks = blocksOf(range).values();
    const readNext = async () => {
      for (const block of blocks) use(block, await this.#get(block));
    };
    await Promise.all(Array.from({ length: CONCURRENT_READS }, readNext));
  }

  async entries(): Promise<Set<number>> {
    const names = (await this.#store.keys(this.#folder)).map((key) => key.slice(this.#folder.length));
    const blocks = names.filter((name) => /^\d+$/.test(name)).map(Number);
    return new Set(blocks.filter((block) => block < blockCount(this.record.size)));
  }

  async write(): Promise<BlockWriter> {
    return {
      put: async (block, bytes) =>
        this.#store.put(this.#folder + block, await seal(bytes, blockLabel(this.record, block))),
      close: async () => {},
    };
  }

  async delete(): Promise<void> {
    await this.#store.delete(this.#folder);
  }

  async #get(block: number): Promise<Uint8Array | undefined> {
    const sealed = await this.#store.get(this.#folder + block);
    const { start, end } = blockRange(block, this.record.size);
    return sealed && unseal(sealed, blockLabel(this.record, block), end - start);
  }
}

/** The version of a block's file and the block's index, which its checksum includes. 32 characters. */
export function blockLabel(record: CacheRecord, block: number): string {
  return `${versionId(record)}${String(block).padStart(16, '0')}`;
}

/** Whether two records are of the same version. The commit may differ: it changes with other files of a repository too. */
export function isSameVersion(a: CacheRecord | undefined, b: CacheRecord): boolean {
  return a?.validator === b.validator && a.size === b.size && a.sha256 === b.sha256;
}

function versionFolder(slot: string, record: CacheRecord): string {
  return `${slot}/${versionId(record)}/`;
}

/** The name of a version's entries. */
function versionId({ validator, size }: CacheRecord): string {
  return bytesToHex(sha256(utf8ToBytes(`${validator}\n${size}`))).slice(0, 16);
}

/** Deletes the blocks of other versions of a file. A program that still reads one of them fetches its blocks again. */
export async function deleteOtherVersions(store: CacheStore, slot: string, record: CacheRecord): Promise<void> {
  const folders = (await store.keys(`${slot}/`)).map((key) => key.slice(slot.length + 1).split('/'));
  const versions = new Set(folders.filter((names) => names.length > 1).map(([id]) => id!));
  versions.delete(versionId(record));
  for (const id of versions) await store.delete(`${slot}/${id}/`);
}
