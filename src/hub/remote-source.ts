import type { ByteRange, ByteSource } from '../checkpoints/byte-source.js';
import { DownloadError, OutputError, throwIfCancelled, waitOrCancel } from '../errors.js';
import type { Range } from './answer.js';
import {
  type BlockCache,
  type BlockWriter,
  blockCache,
  cachedBlock,
  deleteOtherVersions,
  isChecked,
  isSameVersion,
  setChecked,
} from './block-cache.js';
import { BLOCK, BlockAssembler, blockCount, blockRange, blocksOf, runsOfBlocks } from './blocks.js';
import { type CacheRecord, readRecord, writeRecord } from './cache-record.js';
import type { CacheStore } from './cache-store.js';
import { type KnownFacts, openRemote, RemoteFile, type RemoteLocation, type RemoteOptions } from './remote-file.js';
import { agrees, cachedSample, type Sample, sampleOf } from './sample.js';
import { createSha256 } from './sha256.js';

/** Bytes that are fetched when a file is opened: enough for the headers of most checkpoints. */
export const BEGINNING = BLOCK;

/** How files are fetched and cached. */
export interface SourceOptions extends RemoteOptions {
  /** The cache; nothing is kept if absent. */
  readonly store?: CacheStore | undefined;
  /** No server is asked: what is not in the cache is not there. */
  readonly offline?: boolean | undefined;
}

/**
 * A file on a server as a source. What is read is kept in the cache, block by block, unless the server does not tell the
 * file's versions apart (by an entity tag or a date).
 *
 * @throws DownloadError  if the server refuses, contradicts itself, or cannot be reached; or, offline, if the file is not cached
 * @throws OutputError    if the cache cannot be written
 * @throws CancelledError when the signal fires
 */
export async function remoteSource(
  location: RemoteLocation,
  options: SourceOptions,
  signal?: AbortSignal,
): Promise<ByteSource> {
  const { store, offline } = options;
  const { slot, name } = location;
  const record = store && (await readRecord(store, slot));
  const known = store && record && blockCache(store, slot, record);
  if (offline || (location.immutable && known)) {
    if (!known) throw notCached(name, store);
    const source = new RemoteSource(location, options, new RemoteFile(location, record, options), known);
    await source.check();
    return source;
  }
  const { file, start, bytes } = await openVersion(location, options, known, signal);
  const current = recordOf(file.facts);
  if (!store || !current) return new RemoteSource(location, options, file, undefined, bytes);
  if (!isSameVersion(record, current)) {
    await writeRecord(store, slot, current);
    await deleteOtherVersions(store, slot, current);
  }
  const source = new RemoteSource(location, options, file, blockCache(store, slot, current));
  if (start === 0) await source.keep(bytes);
  else source.tested = true;
  await source.check();
  return source;
}

/**
 * Opens a file. Of one that is cached a few bytes are fetched and compared with the cache, of another one the beginning.
 *
 * @returns the file, and the beginning if that was fetched
 */
async function openVersion(
  location: RemoteLocation,
  options: SourceOptions,
  known: BlockCache | undefined,
  signal: AbortSignal | undefined,
): Promise<{ file: RemoteFile; start: number; bytes: Uint8Array }> {
  const beginning = { start: 0, end: BEGINNING };
  const sample = known && (await cachedSample(known));
  if (!sample) return openRemote(location, options, beginning, signal);
  try {
    const opened = await openRemote(location, options, rangeOf(sample), signal);
    const current = recordOf(opened.file.facts);
    if (!current || !isSameVersion(known.record, current) || agrees(sample, opened.start, opened.bytes)) return opened;
    // The cache and the server have different bytes for the same version: what is cached may be damaged.
    await known.delete();
  } catch (error) {
    // The file has become shorter.
    if (!(error instanceof DownloadError) || error.status !== 416) throw error;
  }
  return openRemote(location, options, beginning, signal);
}

class RemoteSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  /** Whether the server was seen to send the right bytes for a range that does not begin the file. */
  tested = false;
  readonly #slot: string;
  readonly #options: SourceOptions;
  readonly #file: RemoteFile;
  readonly #cache: BlockCache | undefined;
  /** The file's first bytes, where no cache keeps them. */
  readonly #beginning: Uint8Array | undefined;
  /** Downloads under way, by block, so that no block is fetched twice. */
  readonly #downloads = new Map<number, Promise<void>>();
  /** Blocks that were fetched for later and that no cache keeps. */
  readonly #held = new Map<number, Uint8Array>();
  /** Blocks for which the cache had an entry when it was last looked at; what is read is never trusted to be there. */
  #entries: Promise<Set<number>> | undefined;

  constructor(
    { name, slot }: RemoteLocation,
    options: SourceOptions,
    file: RemoteFile,
    cache: BlockCache | undefined,
    beginning?: Uint8Array,
  ) {
    this.name = name;
    this.size = file.facts.size;
    this.#slot = slot;
    this.#options = options;
    this.#file = file;
    this.#cache = cache;
    this.#beginning = beginning;
  }

  /** Caches the file's first bytes, as far as they are whole blocks. */
  async keep(beginning: Uint8Array): Promise<void> {
    await this.#writing(async (keep) => {
      const assembler = new BlockAssembler(0, this.size, async (block, bytes) => void (await keep(block, bytes)));
      await assembler.take(beginning);
    });
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const range = { start: offset, end: offset + length };
    if (range.end > this.size) throw new DownloadError(`${this.name} has ${this.size} bytes, not ${range.end}`);
    if (this.#beginning && range.end <= this.#beginning.length) return this.#beginning.slice(offset, range.end);
    const bytes = new Uint8Array(length);
    const copy = (block: number, from: Uint8Array) => copyBlock(block, from, bytes, offset);
    if (this.#cache) await this.#withBlocks(() => this.#copyKept(range, copy), copy, signal);
    else await this.#readUncached(range, await this.#copyKept(range, copy), bytes, signal);
    return bytes;
  }

  async fetch(ranges: readonly ByteRange[], signal?: AbortSignal): Promise<void> {
    const blocks = ranges.flatMap(({ offset, length }) => blocksOf({ start: offset, end: offset + length }));
    const wanted = [...new Set(blocks)].sort((a, b) => a - b);
    this.#entries = undefined;
    const missing = async () => {
      const entries = await this.#knownEntries();
      return wanted.filter((block) => !entries.has(block) && !this.#held.has(block) && !this.#isInBeginning(block));
    };
    const hold = (block: number, bytes: Uint8Array, kept: boolean) => {
      if (!kept) this.#held.set(block, bytes);
    };
    await this.#withBlocks(missing, hold, signal);
  }

  forget(): void {
    this.#held.clear();
  }

  /**
   * Fetches blocks until none is missing; waits for those that are being fetched already.
   *
   * @param findMissing finds the blocks that are missing, ascending
   * @param onBlock     is given each block that arrives, and whether the cache keeps it
   */
  async #withBlocks(
    findMissing: () => Promise<readonly number[]>,
    onBlock: (block: number, bytes: Uint8Array, kept: boolean) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const what = `fetching ${this.name}`;
    for (let missing = await findMissing(); missing.length > 0; ) {
      throwIfCancelled(signal, what);
      const downloads = new Map(missing.map((block) => [block, this.#downloads.get(block)]));
      const own = missing.filter((block) => !downloads.get(block));
      for (const run of runsOfBlocks(own, this.size)) await this.#download(run, onBlock, signal);
      const others = missing.filter((block) => downloads.get(block));
      if (others.length === 0) return;
      const settled = Promise.allSettled(others.map((block) => downloads.get(block)));
      await waitOrCancel(settled, signal, what);
      const still = new Set(await findMissing());
      missing = others.filter((block) => still.has(block));
    }
  }

  /** Copies what is held or cached of a range. @returns the blocks that are neither, ascending */
  async #copyKept(range: Range, copy: (block: number, bytes: Uint8Array) => void): Promise<number[]> {
    const missing: number[] = [];
    const take = (block: number, bytes = this.#held.get(block)) => (bytes ? copy(block, bytes) : missing.push(block));
    if (this.#cache) await this.#cache.read(range, take);
    else for (const block of blocksOf(range)) take(block);
    return missing.sort((a, b) => a - b);
  }

  /** Fetches the bytes of a range that lie in some blocks, and keeps nothing. */
  async #readUncached(
    range: Range,
    blocks: readonly number[],
    bytes: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (const { start, end } of runsOfBlocks(blocks, this.size)) {
      const part = { start: Math.max(start, range.start), end: Math.min(end, range.end) };
      await this.#stream(part, (received, at) => bytes.set(received, at - range.start), signal);
    }
  }

  /** Fetches whole blocks, and caches them. */
  async #download(
    run: Range,
    onBlock: (block: number, bytes: Uint8Array, kept: boolean) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { offline, store } = this.#options;
    if (offline) throw notCached(this.name, store, run);
    const download = this.#fetchBlocks(run, onBlock, signal);
    const blocks = blocksOf(run);
    for (const block of blocks) this.#downloads.set(block, download);
    try {
      await download;
    } finally {
      for (const block of blocks) this.#downloads.delete(block);
    }
    await this.check();
  }

  async #fetchBlocks(
    run: Range,
    onBlock: (block: number, bytes: Uint8Array, kept: boolean) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await this.#writing(async (keep) => {
      // The next block is received while the last one is written.
      let writing: Promise<void> = Promise.resolve();
      const assembler = new BlockAssembler(run.start, this.size, async (block, bytes) => {
        await writing;
        writing = keep(block, bytes).then((kept) => onBlock(block, bytes, kept));
        writing.catch(() => {});
      });
      try {
        await this.#stream(run, (bytes) => assembler.take(bytes), signal);
      } finally {
        await writing;
      }
    });
  }

  /**
   * {@link RemoteFile.stream}, which passes nothing on before the server was seen to send the bytes of the range it is asked for:
   * those of a range that is known are fetched along with the first other range.
   */
  async #stream(range: Range, sink: (bytes: Uint8Array, at: number) => Promise<void> | void, signal?: AbortSignal) {
    if (range.start === 0) return this.#file.stream(range, sink, signal);
    const tested = this.#testServer(signal);
    tested.catch(() => {});
    await this.#file.stream(
      range,
      async (bytes, at) => {
        await tested;
        await sink(bytes, at);
      },
      signal,
    );
  }

  async #testServer(signal?: AbortSignal): Promise<void> {
    if (this.tested) return;
    const sample = this.#beginning ? sampleOf(0, this.#beginning) : this.#cache && (await cachedSample(this.#cache));
    if (sample && sample.start > 0) {
      const bytes = new Uint8Array(sample.bytes.length);
      await this.#file.stream(rangeOf(sample), (part, at) => bytes.set(part, at - sample.start), signal);
      if (!agrees(sample, sample.start, bytes)) {
        throw new DownloadError(
          `cannot fetch ${this.name}: the server sent other bytes for ${sample.start}-${rangeOf(sample).end - 1} than before`,
        );
      }
    }
    this.tested = true;
  }

  /** Does something that writes blocks. @param work is given what caches a block, and returns whether the cache keeps it */
  async #writing(work: (keep: (block: number, bytes: Uint8Array) => Promise<boolean>) => Promise<void>): Promise<void> {
    if (!this.#cache) return work(async () => false);
    if (await this.#isChecked()) await this.#setChecked(false);
    const writer: BlockWriter = await this.#cache.write();
    try {
      await work(async (block, bytes) => {
        const kept = await writer.put(block, bytes);
        if (kept) (await this.#knownEntries()).add(block);
        return kept;
      });
    } finally {
      await writer.close();
    }
  }

  #knownEntries(): Promise<Set<number>> {
    this.#entries ??= this.#cache?.entries() ?? Promise.resolve(new Set());
    return this.#entries;
  }

  #isInBeginning(block: number): boolean {
    return blockRange(block, this.size).end <= (this.#beginning?.length ?? 0);
  }

  async #isChecked(): Promise<boolean> {
    const { store } = this.#options;
    return store !== undefined && this.#cache !== undefined && isChecked(store, this.#slot, this.#cache.record);
  }

  async #setChecked(checked: boolean): Promise<void> {
    const { store } = this.#options;
    if (store && this.#cache) await setChecked(store, this.#slot, this.#cache.record, checked);
  }

  /** Compares a file that is cached as a whole with the checksum that its server named, once. */
  async check(): Promise<void> {
    const { sha256 } = this.#file.facts;
    const cache = this.#cache;
    if (!cache || sha256 === undefined) return;
    const count = blockCount(this.size);
    if ((await this.#knownEntries()).size < count || (await this.#isChecked())) return;
    const hash = createSha256();
    for (let block = 0; block < count; block++) {
      const bytes = await cachedBlock(cache, block);
      if (!bytes) return;
      hash.update(bytes);
    }
    const actual = hash.hex();
    if (actual === sha256) {
      // Where this user may not write, it is only not remembered.
      return this.#setChecked(true).catch((error: unknown) => {
        if (!(error instanceof OutputError)) throw error;
      });
    }
    await cache.delete();
    this.#entries = undefined;
    throw new DownloadError(
      `${this.name} is damaged: its SHA-256 is ${actual}, and the server names ${sha256}; it was deleted from the cache`,
    );
  }
}

function copyBlock(block: number, from: Uint8Array, to: Uint8Array, offset: number): void {
  const at = block * BLOCK - offset;
  const part = from.subarray(Math.max(0, -at), Math.max(0, Math.min(from.length, to.length - at)));
  to.set(part, Math.max(0, at));
}

/** The recorded facts of a file's version; undefined if its server does not identify versions. */
function recordOf({ size, validator, sha256, commit }: KnownFacts): CacheRecord | undefined {
  return validator === undefined ? undefined : { size, validator, sha256, commit };
}

function rangeOf({ start, bytes }: Sample): Range {
  return { start, end: start + bytes.length };
}

function notCached(name: string, store: CacheStore | undefined, part?: Range): DownloadError {
  const what = part ? `bytes ${part.start} to ${part.end - 1} of ${name} are` : `${name} is`;
  const where = store?.name ? `the cache ${store.name}` : 'the cache';
  return new DownloadError(`${what} not in ${where}, and no server may be asked: do the same once online`);
}
