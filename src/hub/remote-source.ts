import type { ByteSource } from '../checkpoints/byte-source.js';
import { DownloadError } from '../errors.js';
import { type BlockCache, blockCache, deleteOtherVersions, isSameVersion } from './block-cache.js';
import { BlockSource } from './block-source.js';
import { BLOCK, BlockAssembler } from './blocks.js';
import { type CacheRecord, readRecord, writeRecord } from './cache-record.js';
import type { CacheStore } from './cache-store.js';
import { CheckedBlocks } from './checked-blocks.js';
import type { Range } from './range-response.js';
import { type KnownFacts, openRemote, RemoteFile, type RemoteLocation, type RemoteOptions } from './remote-file.js';
import { agrees, cachedSample, lastBytes, rangeOf } from './sample.js';
import { TestedStream } from './tested-stream.js';

/** Bytes that are fetched when a file is opened: enough for the headers of most checkpoints. */
export const BEGINNING = BLOCK;

/** Options for fetching and caching files. */
export interface SourceOptions extends RemoteOptions {
  /** The cache; nothing is cached if absent. */
  readonly store?: CacheStore | undefined;
  /** Reads from the cache only, without requests to a server. */
  readonly offline?: boolean | undefined;
}

/**
 * Opens a file on a server. Its blocks are cached as they are read, unless the server does not identify versions of the file (by
 * an entity tag or a date).
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
  const { name, slot } = location;
  const record = store && (await readRecord(store, slot));
  const known = store && record && blockCache(store, slot, record);
  if (offline || (location.immutable && known)) {
    if (!known) throw notCached(name, store);
    const cache = new CheckedBlocks(name, store, slot, known);
    const file = new RemoteFile(location, record, options);
    const stream = offline ? undefined : new TestedStream(name, file, () => cache.sample(), false);
    await cache.verify();
    return sourceOf(file, stream, cache);
  }
  const { file, start, bytes } = await openVersion(location, options, known, signal);
  const current = recordOf(file.facts);
  if (!store || !current) {
    const stream = new TestedStream(name, file, async () => lastBytes(0, bytes), false);
    return sourceOf(file, stream, undefined, bytes);
  }
  if (!isSameVersion(record, current)) {
    await writeRecord(store, slot, current);
    await deleteOtherVersions(store, slot, current);
  }
  const cache = new CheckedBlocks(name, store, slot, blockCache(store, slot, current));
  if (start === 0) await keepBeginning(cache, bytes, file.facts.size);
  await cache.verify();
  return sourceOf(file, new TestedStream(name, file, () => cache.sample(), start > 0), cache);

  function sourceOf(
    { facts }: RemoteFile,
    stream: TestedStream | undefined,
    cache: CheckedBlocks | undefined,
    beginning?: Uint8Array,
  ): ByteSource {
    const { size } = facts;
    return new BlockSource({ name, size, stream, cache, beginning, notCached: (part) => notCached(name, store, part) });
  }
}

/**
 * Opens a file: fetches a few bytes and compares them with the cached ones, or fetches the beginning if none are cached.
 *
 * @returns the file, and the bytes that were fetched, which begin at `start`
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
    if (current && !isSameVersion(known.record, current)) return opened;
    if (current && agrees(sample, opened.start, opened.bytes)) return opened;
    // The cache and the server have different bytes for the same version: the cache may be damaged.
    if (current) await known.delete();
  } catch (error) {
    // The file has become shorter.
    if (!(error instanceof DownloadError) || error.status !== 416) throw error;
  }
  return openRemote(location, options, beginning, signal);
}

/** Caches the file's first bytes, as far as they are whole blocks. */
async function keepBeginning(cache: CheckedBlocks, bytes: Uint8Array, size: number): Promise<void> {
  await cache.write(async (put) => {
    const assembler = new BlockAssembler(0, size, async (block, part) => void (await put(block, part)));
    await assembler.take(bytes);
  });
}

/** The recorded facts of a file's version; undefined if its server does not identify versions. */
function recordOf({ size, validator, sha256, commit }: KnownFacts): CacheRecord | undefined {
  return validator === undefined ? undefined : { size, validator, sha256, commit };
}

function notCached(name: string, store: CacheStore | undefined, part?: Range): DownloadError {
  const what = part ? `bytes ${part.start} to ${part.end - 1} of ${name} are` : `${name} is`;
  const where = store?.name ? `the cache ${store.name}` : 'the cache';
  return new DownloadError(`${what} not in ${where}, and no requests are made offline: run this once online`);
}
