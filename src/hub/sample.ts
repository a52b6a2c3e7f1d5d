import { type BlockCache, cachedBlock } from './block-cache.js';
import { BLOCK } from './blocks.js';
import type { Range } from './range-response.js';

/** Known bytes of a file, which are compared with those that a server sends for the same range. */
export interface Sample {
  readonly start: number;
  readonly bytes: Uint8Array;
}

const SAMPLE_BYTES = 64;

/** A sample from the end of bytes that begin at `start`: a server that ignores the start of a range sends other bytes. */
export function lastBytes(start: number, bytes: Uint8Array): Sample {
  const from = Math.max(0, bytes.length - SAMPLE_BYTES);
  return { start: start + from, bytes: bytes.slice(from) };
}

/** A sample from the last block that is cached; undefined if none is. */
export async function cachedSample(cache: BlockCache): Promise<Sample | undefined> {
  const blocks = [...(await cache.entries())].sort((a, b) => b - a);
  for (const block of blocks) {
    const bytes = await cachedBlock(cache, block);
    if (bytes) return lastBytes(block * BLOCK, bytes);
  }
  return undefined;
}

/** Whether bytes of a file, from `start` on, agree with a sample that they contain. */
export function agrees(sample: Sample, start: number, bytes: Uint8Array): boolean {
  const at = sample.start - start;
  return sample.bytes.every((byte, i) => byte === bytes[at + i]);
}

/** The range of a sample in its file. */
export function rangeOf({ start, bytes }: Sample): Range {
  return { start, end: start + bytes.length };
}
