/** Node only: nothing that runs in a browser may import this. */

import { type FileHandle, open } from 'node:fs/promises';
import { FourMError, InvalidInputError } from '../errors.js';
import type { Bytes } from '../typed-arrays.js';
import { readError } from './file-errors.js';

/** Bounds of reading. */
export interface ReadLimits {
  /** Maximum size of the file; by default 2 GiB, the maximum of one read. */
  readonly maxBytes?: number;
  /** Called with the first bytes, at most 16; throws if they are wrong, and the rest is not read. */
  readonly checkStart?: (start: Uint8Array) => void;
}

const TWO_GIB = 2 ** 31;
const START_BYTES = 16;
const CHUNK_BYTES = 2 ** 20;

/**
 * Reads a whole file, or a pipe until its end.
 *
 * @throws InvalidInputError in one line: no such file, a folder, no permission, larger than the limit
 */
export async function readFile(path: string, limits: ReadLimits = {}): Promise<Bytes> {
  const handle = await open(path).catch((error: unknown) => {
    throw readError(path, error);
  });
  try {
    const status = await handle.stat();
    if (status.isDirectory()) throw new InvalidInputError(`cannot read ${path}: it is a folder`);
    if (status.isFile()) checkSize(path, status.size, limits.maxBytes);
    return await collect(path, chunksOf(handle), limits);
  } catch (error) {
    throw error instanceof FourMError ? error : readError(path, error);
  } finally {
    await handle.close();
  }
}

/**
 * All bytes of a stream.
 *
 * @param name  the stream in messages
 * @throws InvalidInputError if there are more than the limit; the rest is not read
 */
export async function collect(
  name: string,
  stream: AsyncIterable<Uint8Array>,
  { maxBytes = TWO_GIB, checkStart }: ReadLimits = {},
): Promise<Bytes> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of stream) {
    const isStart = total < START_BYTES && total + chunk.length >= START_BYTES;
    total += chunk.length;
    checkSize(name, total, maxBytes);
    chunks.push(chunk);
    if (isStart) checkStart?.(joined(chunks, total).subarray(0, START_BYTES));
  }
  const whole = joined(chunks, total);
  if (total < START_BYTES) checkStart?.(whole);
  return whole;
}

/** Chunks until the end of the file; the first is small. */
async function* chunksOf(handle: FileHandle): AsyncGenerator<Uint8Array> {
  for (let size = START_BYTES; ; size = CHUNK_BYTES) {
    const { bytesRead, buffer } = await handle.read({ buffer: new Uint8Array(size) });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

function joined(chunks: readonly Uint8Array[], total: number): Bytes {
  const whole = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function checkSize(name: string, size: number, maxBytes = TWO_GIB): void {
  if (size <= maxBytes) return;
  const limit = maxBytes === TWO_GIB ? '2 GiB' : `${Math.floor(maxBytes / 1e6)} MB`;
  throw new InvalidInputError(`cannot read ${name}: it is larger than ${limit}`);
}

/** Maximum size of a JSON file. */
const MAX_JSON_BYTES = 64e6;

/**
 * Reads a JSON file.
 *
 * @throws InvalidInputError if there is no such file, or it is not JSON
 */
export async function readJson(path: string): Promise<unknown> {
  return parseJson(path, await readFile(path, { maxBytes: MAX_JSON_BYTES }));
}

/** @throws InvalidInputError if the bytes are not JSON in UTF-8 */
export function parseJson(name: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new InvalidInputError(`${name} is not JSON`);
  }
}
