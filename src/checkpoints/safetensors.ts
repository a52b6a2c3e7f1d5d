import { CheckpointError } from '../errors.js';
import type { ByteSource } from './byte-source.js';
import { DTYPE_NAMES, decodeValues, isDtype, type StoredDtype, type TensorData } from './dtypes.js';
import { readRuns } from './read-runs.js';
import { headerLength, LENGTH_BYTES, parseHeader, quoted, type TensorEntry } from './safetensors-header.js';

/** A checkpoint in memory. */
export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The values of a tensor, in row-major order, as a copy of its own. @throws CheckpointError if there is no such tensor */
  read(name: string): TensorData;
}

/** A checkpoint whose tensors are read on demand. */
export interface SafetensorsSource extends Omit<SafetensorsFile, 'read'> {
  /** As {@link SafetensorsFile.read}. @throws CancelledError when the signal fires while a server is waited for */
  read(name: string, signal?: AbortSignal): Promise<TensorData>;
  /**
   * The values of several tensors, in the order of the file. Neighbours are read at once, so that many small tensors take few
   * reads; but no more than 16 MiB, or one larger tensor, is in memory besides the returned values.
   *
   * @throws CancelledError when the signal fires while a server is waited for
   */
  readEach(names: Iterable<string>, signal?: AbortSignal): AsyncIterable<readonly [name: string, values: TensorData]>;
  /**
   * Downloads tensors, so that reading them does not wait for a server.
   *
   * @throws CancelledError when the signal fires
   */
  fetch(names: Iterable<string>, signal?: AbortSignal): Promise<void>;
  /** Frees what `fetch` holds in memory because no cache keeps it. */
  forget(): void;
}

/**
 * Reads a safetensors file that is in memory.
 *
 * @param bytes  the whole file
 * @param file   the file in error messages
 * @throws CheckpointError if anything in the header contradicts the format or the file
 */
export function readSafetensors(bytes: Uint8Array, file = 'checkpoint'): SafetensorsFile {
  const length = headerLength(bytes, bytes.length, file);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length), bytes.length, file);
  return {
    ...header,
    read(name) {
      const { dtype, offset, byteLength } = entryOf(header.tensors, name, file);
      return decodeEntry(bytes.subarray(offset, offset + byteLength), dtype, name, file);
    },
  };
}

/**
 * Opens a safetensors file of any size: reads its header now, and each tensor by its range when it is read.
 *
 * @throws CheckpointError as {@link readSafetensors} does, or if the source gives fewer bytes than it promised
 * @throws CancelledError  when the signal fires
 */
export async function openSafetensors(source: ByteSource, signal?: AbortSignal): Promise<SafetensorsSource> {
  const prefix = await readRange(source, 0, Math.min(LENGTH_BYTES, source.size), signal);
  const length = headerLength(prefix, source.size, source.name);
  const header = parseHeader(await readRange(source, LENGTH_BYTES, length, signal), source.size, source.name);
  const find = (name: string) => entryOf(header.tensors, name, source.name);
  const runs = (names: Iterable<string>) => readRuns(Array.from(new Set(names), (name) => [name, find(name)] as const));
  return {
    ...header,
    async read(name, signal) {
      const { dtype, offset, byteLength } = find(name);
      return decodeEntry(await readRange(source, offset, byteLength, signal), dtype, name, source.name);
    },
    async *readEach(names, signal) {
      for (const run of runs(names)) {
        const bytes = await readRange(source, run.offset, run.byteLength, signal);
        for (const [name, { dtype, offset, byteLength }] of run.tensors) {
          const start = offset - run.offset;
          yield [name, decodeEntry(bytes.subarray(start, start + byteLength), dtype, name, source.name)] as const;
        }
      }
    },
    async fetch(names, signal) {
      const ranges = runs(names).map(({ offset, byteLength }) => ({ offset, length: byteLength }));
      if (ranges.length > 0) await source.fetch?.(ranges, signal);
    },
    forget: () => source.forget?.(),
  };
}

/** The values of a tensor. @throws CheckpointError for a type that is only known by its size */
function decodeEntry(bytes: Uint8Array, dtype: StoredDtype, name: string, file: string): TensorData {
  if (isDtype(dtype)) return decodeValues(bytes, dtype);
  throw new CheckpointError(
    `${file}: tensor ${quoted(name)} is ${dtype}; types that are read: ${DTYPE_NAMES.join(', ')}`,
  );
}

function entryOf(tensors: ReadonlyMap<string, TensorEntry>, name: string, file: string): TensorEntry {
  const entry = tensors.get(name);
  if (!entry) throw new CheckpointError(`${file}: no tensor ${quoted(name)} among its ${tensors.size}`);
  return entry;
}

async function readRange(
  source: ByteSource,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const bytes = await source.read(offset, length, signal);
  if (bytes.length !== length) {
    throw new CheckpointError(
      `${source.name}: ${bytes.length} of ${length} bytes at ${offset} could be read; did the file change?`,
    );
  }
  return bytes;
}
