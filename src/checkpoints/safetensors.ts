import { CheckpointError } from '../errors.js';
import type { ByteSource } from './byte-source.js';
import { decodeValues, type TensorData } from './dtypes.js';
import { readRuns } from './read-runs.js';
import { headerLength, LENGTH_BYTES, parseHeader, quoted, type TensorEntry } from './safetensors-header.js';

/** A checkpoint in memory. */
export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The values of a tensor, in row-major order, as a copy of its own. @throws CheckpointError if there is no such tensor */
  read(name: string): TensorData;
}

/** A checkpoint whose tensors are fetched when they are asked for. */
export interface SafetensorsSource extends Omit<SafetensorsFile, 'read'> {
  /** As {@link SafetensorsFile.read}. */
  read(name: string): Promise<TensorData>;
  /**
   * The values of several tensors, in the order of the file. What lies side by side is read at once, so that many small tensors
   * take few reads; but no more than 16 MiB, or one larger tensor, is held besides the values that are given out.
   */
  readEach(names: Iterable<string>): AsyncIterable<readonly [name: string, values: TensorData]>;
}

/**
 * Reads a safetensors file that is in memory.
 *
 * @param bytes  the whole file
 * @param file   what errors call it
 * @throws CheckpointError if anything in the header contradicts the format or the file
 */
export function readSafetensors(bytes: Uint8Array, file = 'checkpoint'): SafetensorsFile {
  const length = headerLength(bytes, bytes.length, file);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length), bytes.length, file);
  return {
    ...header,
    read(name) {
      const { dtype, offset, byteLength } = entryOf(header.tensors, name, file);
      return decodeValues(bytes.subarray(offset, offset + byteLength), dtype);
    },
  };
}

/**
 * Opens a safetensors file of any size: reads its header now, and each tensor by its range when asked.
 *
 * @throws CheckpointError as {@link readSafetensors} does, or if the source gives fewer bytes than it promised
 */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsSource> {
  const prefix = await readRange(source, 0, Math.min(LENGTH_BYTES, source.size));
  const length = headerLength(prefix, source.size, source.name);
  const header = parseHeader(await readRange(source, LENGTH_BYTES, length), source.size, source.name);
  const find = (name: string) => entryOf(header.tensors, name, source.name);
  return {
    ...header,
    async read(name) {
      const { dtype, offset, byteLength } = find(name);
      return decodeValues(await readRange(source, offset, byteLength), dtype);
    },
    async *readEach(names) {
      for (const run of readRuns(Array.from(new Set(names), (name) => [name, find(name)] as const))) {
        const bytes = await readRange(source, run.offset, run.byteLength);
        for (const [name, { dtype, offset, byteLength }] of run.tensors) {
          const start = offset - run.offset;
          yield [name, decodeValues(bytes.subarray(start, start + byteLength), dtype)] as const;
        }
      }
    },
  };
}

function entryOf(tensors: ReadonlyMap<string, TensorEntry>, name: string, file: string): TensorEntry {
  const entry = tensors.get(name);
  if (!entry) throw new CheckpointError(`${file}: no tensor ${quoted(name)} among its ${tensors.size}`);
  return entry;
}

async function readRange(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(offset, length);
  if (bytes.length !== length) {
    throw new CheckpointError(
      `${source.name}: ${length} bytes at ${offset} were asked for and ${bytes.length} came; did the file change?`,
    );
  }
  return bytes;
}
