import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Range } from './answer.js';
import { blockCount, blockRange, blocksOf } from './blocks.js';
import type { CacheRecord } from './cache-record.js';
import type { CacheStore } from './cache-store.js';
import { seal, unseal } from './sealed-block.js';

/** Blocks that are read at once. */
const CONCURRENT_READS = 8;

/**
 * The cached blocks of one version of a file. Nothing in memory states what the store holds: each block is read with its
 * checksum, and one that is absent or damaged counts as not cached, whoever deleted or changed it.
 */
export class BlockCache {
  readonly #store: CacheStore;
  readonly #record: CacheRecord;
  readonly #id: string;
  readonly #folder: string;

  /** @param slot key of the file in the cache */
  constructor(store: CacheStore, slot: string, record: CacheRecord) {
    this.#store = store;
    this.#record = record;
    this.#id = versionId(record);
    this.#folder = `${slot}/${this.#id}/`;
  }

  /** Whether a record is of the version that these blocks are of. */
  isOf(record: CacheRecord): boolean {
    return versionId(record) === this.#id;
  }

  /** A block; undefined if it is not cached, or not as it was written. */
  async get(block: number): Promise<Uint8Array | undefined> {
    const sealed = await this.#store.get(this.#key(block));
    const { start, end } = blockRange(block, this.#record.size);
    return sealed && unseal(sealed, this.#label(block), end - start);
  }

  /** Caches a block. @returns false if there is no space for it */
  async put(block: number, bytes: Uint8Array): Promise<boolean> {
    return this.#store.put(this.#key(block), await seal(bytes, this.#label(block)));
  }

  /** Reads the blocks of a range, several at once. @param use is given each block, or undefined in place of one not cached */
  async forEach(range: Range, use: (block: number, bytes: Uint8Array | undefined) => void): Promise<void> {
    const blocks = blocksOf(range).values();
    const readNext = async () => {
      for (const block of blocks) use(block, await this.get(block));
    };
    await Promise.all(Array.from({ length: CONCURRENT_READS }, readNext));
  }

  /** The blocks for which there is an entry, which may turn out to be damaged when it is read. */
  async entries(): Promise<Set<number>> {
    const names = (await this.#store.keys(this.#folder)).map((key) => key.slice(this.#folder.length));
    const blocks = names.filter((name) => /^\d+$/.test(name)).map(Number);
    return new Set(blocks.filter((block) => block < blockCount(this.#record.size)));
  }

  /** Whether the whole file was found to have the checksum that its server named, and nothing was written since. */
  async isChecked(): Promise<boolean> {
    return (await this.#store.get(`${this.#folder}checked`))?.[0] === 1;
  }

  /** Sets {@link isChecked}. */
  async setChecked(checked: boolean): Promise<void> {
    await this.#store.put(`${this.#folder}checked`, Uint8Array.of(checked ? 1 : 0));
  }

  /** Deletes all blocks of this version. */
  async delete(): Promise<void> {
    await this.#store.delete(this.#folder);
  }

  #key(block: number): string {
    return this.#folder + block;
  }

  #label(block: number): string {
    return `${this.#id}${String(block).padStart(16, '0')}`;
  }
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
