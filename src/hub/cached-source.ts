/** Files of the Hub in a cache on disk. Node only: nothing that runs in a browser may import this. */

import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from '../checkpoints/byte-source.js';
import { DownloadError } from '../errors.js';
import type { Range } from './answer.js';
import { BlockStore } from './block-store.js';
import { type CacheRecord, readRecord, writeRecord } from './cache-record.js';
import { openRemote, RemoteFile, type RemoteLocation, type RemoteOptions } from './remote-file.js';
import { BEGINNING, remoteSource } from './web-source.js';

/** How files are fetched and kept. */
export interface CacheOptions extends RemoteOptions {
  /** The cache. */
  readonly folder: string;
  /** No server is asked: what is not in the cache is not there. */
  readonly offline?: boolean | undefined;
}

/** A source whose file can be fetched as a whole. */
export interface CachedSource extends ByteSource {
  /**
   * Fetches what is not there yet, and checks the whole against the checksum that the server named.
   *
   * @returns whether there was a checksum to check
   */
  complete(signal?: AbortSignal): Promise<boolean>;
}

/**
 * A file on a server as a source that keeps on disk whatever it has read, block by block. A file whose server does not say
 * what tells its versions apart is not kept.
 *
 * @throws DownloadError  if the server refuses, lies, or cannot be reached, or is not to be asked and the file is not cached
 * @throws OutputError    if the cache cannot be written
 * @throws CancelledError when the signal fires
 */
export async function cachedSource(
  location: RemoteLocation,
  options: CacheOptions,
  signal?: AbortSignal,
): Promise<ByteSource | CachedSource> {
  const folder = join(options.folder, ...location.slot.split('/'));
  const record = await readRecord(folder);
  if (options.offline || (location.immutable && record)) {
    if (!record) throw notCached(location.name, options.folder);
    const store = await BlockStore.open(join(folder, idOf(record)), record.size);
    return new Cached(location, options, folder, record, store, new RemoteFile(location, record, options));
  }
  const { file, beginning } = await openRemote(location, options, record ? 1 : BEGINNING, signal);
  const { size, validator, sha256, commit } = file.facts;
  if (validator === undefined) return remoteSource(location.name, file, beginning);
  const same = record?.validator === validator && record.size === size;
  const current: CacheRecord = { size, validator, sha256, commit, checked: same && record.checked };
  const store = await BlockStore.open(join(folder, idOf(current)), size);
  await writeRecord(folder, current);
  await deleteOthers(folder, idOf(current));
  const source = new Cached(location, options, folder, current, store, file);
  if (beginning.length > 1 || size === 1) await source.keep(beginning);
  return source;
}

class Cached implements CachedSource {
  readonly name: string;
  readonly size: number;
  readonly #options: CacheOptions;
  readonly #folder: string;
  readonly #file: RemoteFile;
  readonly #store: BlockStore;
  #record: CacheRecord;
  /** Reads wait for one another, so that no block is fetched twice. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    { name }: RemoteLocation,
    options: CacheOptions,
    folder: string,
    record: CacheRecord,
    store: BlockStore,
    file: RemoteFile,
  ) {
    this.name = name;
    this.size = record.size;
    this.#options = options;
    this.#folder = folder;
    this.#record = record;
    this.#store = store;
    this.#file = file;
  }

  /** Takes in what was read when the file was opened. */
  async keep(beginning: Uint8Array): Promise<void> {
    await this.#store.fill(0, (take) => take(beginning));
    await this.#check();
  }

  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      await this.#fetch({ start: offset, end: offset + length }, signal);
      return this.#store.read(offset, length);
    });
  }

  complete(signal?: AbortSignal): Promise<boolean> {
    return this.#inTurn(async () => {
      await this.#fetch({ start: 0, end: this.size }, signal);
      return this.#check();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  async #fetch(range: Range, signal: AbortSignal | undefined): Promise<void> {
    const missing = this.#store.missing(range);
    if (missing[0] && this.#options.offline) throw notCached(this.name, this.#options.folder, missing[0]);
    for (const run of missing) {
      await this.#store.fill(run.start, (take) => this.#file.stream(run, (bytes) => take(bytes), signal));
    }
    if (missing.length > 0) await this.#check();
  }

  /** @returns whether the file is whole, has a checksum, and answers to it */
  async #check(): Promise<boolean> {
    const { sha256, checked } = this.#record;
    if (sha256 === undefined || this.#store.map.present < this.size) return false;
    if (checked) return true;
    const actual = await this.#store.sha256();
    if (actual !== sha256) {
      await this.#store.delete();
      throw new DownloadError(
        `${this.name} is damaged: its SHA-256 is ${actual}, and the server names ${sha256}; it was deleted from the cache`,
      );
    }
    this.#record = { ...this.#record, checked: true };
    await writeRecord(this.#folder, this.#record);
    return true;
  }
}

function notCached(name: string, folder: string, part?: Range): DownloadError {
  const what = part ? `bytes ${part.start} to ${part.end - 1} of ${name} are` : `${name} is`;
  return new DownloadError(`${what} not in the cache ${folder}, and no server may be asked: do the same once online`);
}

/** What a version's files in the cache are called. */
function idOf({ validator, size }: CacheRecord): string {
  return createHash('sha256').update(`${validator}\n${size}`).digest('hex').slice(0, 16);
}

/** Deletes what is left of other versions. */
async function deleteOthers(folder: string, id: string): Promise<void> {
  const others = (await readdir(folder)).filter((name) => /^[0-9a-f]{16}\.(bytes|blocks)$/.test(name));
  for (const name of others) if (!name.startsWith(id)) await rm(join(folder, name), { force: true });
}
