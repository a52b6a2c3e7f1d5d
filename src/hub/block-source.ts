import type { ByteRange, ByteSource } from '../checkpoints/byte-source.js';
import { DownloadError, throwIfCancelled, waitOrCancel } from '../errors.js';
import { BLOCK, BlockAssembler, blockRange, blocksOf, runsOfBlocks } from './blocks.js';
import type { CheckedBlocks, PutBlock } from './checked-blocks.js';
import type { Range } from './range-response.js';
import type { TestedStream } from './tested-stream.js';

/** Called with a fetched block. @param kept whether it is now cached */
type OnBlock = (block: number, bytes: Uint8Array, kept: boolean) => void;

/** Parts of a {@link BlockSource}. */
export interface BlockSourceParts {
  /** The file in error messages. */
  readonly name: string;
  readonly size: number;
  /** Fetches parts of the file; absent offline. */
  readonly stream: TestedStream | undefined;
  readonly cache: CheckedBlocks | undefined;
  /** The file's first bytes, if they are not cached. */
  readonly beginning?: Uint8Array | undefined;
  /** The error for a part that is not cached, offline. */
  readonly notCached: (part: Range) => DownloadError;
}

/** A remote file, fetched in blocks, each at most once at a time. */
export class BlockSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #parts: BlockSourceParts;
  /** Downloads in progress, by block. */
  readonly #downloads = new Map<number, Promise<void>>();
  /** Blocks fetched by {@link fetch} that are not cached. */
  readonly #held = new Map<number, Uint8Array>();

  constructor(parts: BlockSourceParts) {
    this.name = parts.name;
    this.size = parts.size;
    this.#parts = parts;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const range = { start: offset, end: offset + length };
    if (range.end > this.size) throw new DownloadError(`${this.name} has ${this.size} bytes, not ${range.end}`);
    const { beginning, cache } = this.#parts;
    if (beginning && range.end <= beginning.length) return beginning.slice(offset, range.end);
    const bytes = new Uint8Array(length);
    const copy = (block: number, from: Uint8Array) => copyBlock(block, from, bytes, offset);
    if (cache) await this.#fetchMissing(() => this.#copyKept(range, copy), copy, signal);
    else await this.#readUncached(range, await this.#copyKept(range, copy), bytes, signal);
    return bytes;
  }

  async fetch(ranges: readonly ByteRange[], signal?: AbortSignal): Promise<void> {
    const { cache, beginning } = this.#parts;
    const blocks = ranges.flatMap(({ offset, length }) => blocksOf({ start: offset, end: offset + length }));
    const wanted = [...new Set(blocks)].sort((a, b) => a - b);
    await cache?.entries(true);
    const inBeginning = (block: number) => blockRange(block, this.size).end <= (beginning?.length ?? 0);
    const missing = async () => {
      const entries = await cache?.entries();
      return wanted.filter((block) => !entries?.has(block) && !this.#held.has(block) && !inBeginning(block));
    };
    const hold: OnBlock = (block, bytes, kept) => {
      if (!kept) this.#held.set(block, bytes);
    };
    await this.#fetchMissing(missing, hold, signal);
  }

  forget(): void {
    this.#held.clear();
  }

  /**
   * Fetches blocks until none is missing, and waits for downloads of them that are in progress.
   *
   * @param findMissing finds the missing blocks, ascending
   * @param onBlock     called with each block that arrives
   */
  async #fetchMissing(
    findMissing: () => Promise<readonly number[]>,
    onBlock: OnBlock,
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

  /** Copies the held or cached blocks of a range. @returns the other blocks, ascending */
  async #copyKept(range: Range, copy: (block: number, bytes: Uint8Array) => void): Promise<number[]> {
    const missing: number[] = [];
    const take = (block: number, bytes = this.#held.get(block)) => (bytes ? copy(block, bytes) : missing.push(block));
    if (this.#parts.cache) await this.#parts.cache.read(range, take);
    else for (const block of blocksOf(range)) take(block);
    return missing.sort((a, b) => a - b);
  }

  /** Fetches only the bytes of some blocks that are in a range. */
  async #readUncached(
    range: Range,
    blocks: readonly number[],
    bytes: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (const { start, end } of runsOfBlocks(blocks, this.size)) {
      const part = { start: Math.max(start, range.start), end: Math.min(end, range.end) };
      await this.#online(part).stream(part, (received, at) => bytes.set(received, at - range.start), signal);
    }
  }

  /** Fetches whole blocks, and caches them. */
  async #download(run: Range, onBlock: OnBlock, signal: AbortSignal | undefined): Promise<void> {
    const { cache } = this.#parts;
    const stream = this.#online(run);
    const work = (put: PutBlock) => this.#fetchBlocks(stream, run, put, onBlock, signal);
    const download = cache ? cache.write(work) : work(async () => false);
    const blocks = blocksOf(run);
    for (const block of blocks) this.#downloads.set(block, download);
    try {
      await download;
    } finally {
      for (const block of blocks) this.#downloads.delete(block);
    }
    await cache?.verify();
  }

  async #fetchBlocks(
    stream: TestedStream,
    run: Range,
    put: PutBlock,
    onBlock: OnBlock,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    // The next block is received while the last one is written.
    let writing: Promise<void> = Promise.resolve();
    const assembler = new BlockAssembler(run.start, this.size, async (block, bytes) => {
      await writing;
      writing = put(block, bytes).then((kept) => onBlock(block, bytes, kept));
      writing.catch(() => {});
    });
    try {
      await stream.stream(run, (bytes) => assembler.take(bytes), signal);
    } finally {
      await writing;
    }
  }

  #online(part: Range): TestedStream {
    const { stream, notCached } = this.#parts;
    if (!stream) throw notCached(part);
    return stream;
  }
}

function copyBlock(block: number, from: Uint8Array, to: Uint8Array, offset: number): void {
  const at = block * BLOCK - offset;
  const part = from.subarray(Math.max(0, -at), Math.max(0, Math.min(from.length, to.length - at)));
  to.set(part, Math.max(0, at));
}
