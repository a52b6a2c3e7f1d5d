import { CheckpointError } from '../errors.js';
import { DTYPE_NAMES, type Dtype, elementSize, isDtype } from './dtypes.js';
import { duplicateKey } from './json-keys.js';

/** A tensor as the header of a file announces it. */
export interface TensorEntry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Where its bytes begin, counted from the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface Header {
  /** The strings under `__metadata__`; published models keep their configuration there. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes in the file. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/** Bytes before the header: its length, as a little-endian 64-bit number. */
export const LENGTH_BYTES = 8;

/** The format's own limit. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Names that no tensor may have: one is the metadata's, the other would reach into JavaScript's objects. */
export const RESERVED_NAMES: readonly string[] = ['__metadata__', '__proto__'];

/** The length of the header, checked against the size of the file. @throws CheckpointError */
export function headerLength(prefix: Uint8Array, fileSize: number, file: string): number {
  if (fileSize < LENGTH_BYTES || prefix.length < LENGTH_BYTES) {
    throw new CheckpointError(`${file}: not a safetensors file: ${fileSize} bytes are too few for a header`);
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, LENGTH_BYTES);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(fileSize - LENGTH_BYTES)) {
    throw new CheckpointError(
      `${file}: truncated, or not a safetensors file: it announces a header of ${length} bytes, but has ${fileSize} bytes in all`,
    );
  }
  if (length > MAX_HEADER_BYTES) {
    throw new CheckpointError(`${file}: a header of ${length} bytes; the format allows ${MAX_HEADER_BYTES}`);
  }
  return Number(length);
}

/**
 * Reads a header and believes nothing of it: types, shapes and offsets must agree with each other and fill the file exactly.
 *
 * @param bytes     the header itself, without the length before it
 * @param fileSize  of the whole file, in bytes
 * @param file      what errors call the file
 * @throws CheckpointError naming the file, the tensor and what is wrong
 */
export function parseHeader(bytes: Uint8Array, fileSize: number, file: string): Header {
  const dataStart = LENGTH_BYTES + bytes.length;
  const { __metadata__, ...entries } = parseJson(bytes, file);
  const tensors = Object.entries(entries).map(([name, value]) => ({
    name,
    ...checkEntry(name, value, dataStart, file),
  }));
  // Ties are tensors without elements, which may share their place with another.
  tensors.sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  checkCoverage(tensors, dataStart, fileSize, file);
  return {
    metadata: checkMetadata(__metadata__ ?? {}, file),
    tensors: new Map(tensors.map(({ name, ...entry }) => [name, entry])),
  };
}

/** Quotes a name for a message, in one line of bounded length. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 117)}...` : name);
}

function parseJson(bytes: Uint8Array, file: string): Record<string, unknown> {
  if (bytes[0] !== 0x7b)
    throw new CheckpointError(`${file}: not a safetensors file: the header does not begin with "{"`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CheckpointError(`${file}: the header is not valid UTF-8`);
  }
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text);
  } catch {
    throw new CheckpointError(`${file}: the header is not valid JSON`);
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) throw new CheckpointError(`${file}: the header has ${quoted(twice)} twice`);
  if (Object.hasOwn(json, '__proto__'))
    throw new CheckpointError(`${file}: "__proto__" cannot be the name of a tensor`);
  return json;
}

function checkMetadata(value: unknown, file: string): Record<string, string> {
  if (!isObject(value)) throw new CheckpointError(`${file}: __metadata__ must be an object of strings`);
  for (const [key, text] of Object.entries(value)) {
    if (key === '__proto__') throw new CheckpointError(`${file}: "__proto__" cannot be a key of __metadata__`);
    if (typeof text !== 'string') throw new CheckpointError(`${file}: __metadata__ ${quoted(key)} is not a string`);
  }
  return value as Record<string, string>;
}

function checkEntry(name: string, value: unknown, dataStart: number, file: string): TensorEntry {
  const fail = (problem: string) => new CheckpointError(`${file}: tensor ${quoted(name)}: ${problem}`);
  if (!isObject(value)) throw fail('its entry is not an object');
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype)) {
    throw fail(`unknown dtype ${quoted(String(JSON.stringify(dtype)))}; known are ${DTYPE_NAMES.join(', ')}`);
  }
  if (!isSizes(shape)) throw fail('its shape is not a list of whole numbers >= 0');
  if (!isSizes(offsets) || offsets.length !== 2) throw fail('data_offsets are not two whole numbers >= 0');
  const [begin, end] = offsets as [number, number];
  const byteLength = shape.reduce((product, size) => product * size, 1) * elementSize(dtype);
  if (end - begin !== byteLength) {
    throw fail(`data_offsets [${begin}, ${end}] span ${end - begin} bytes; ${dtype} [${shape}] needs ${byteLength}`);
  }
  return { dtype, shape, offset: dataStart + begin, byteLength };
}

/** Every byte after the header must belong to one tensor. */
function checkCoverage(tensors: ({ name: string } & TensorEntry)[], dataStart: number, fileSize: number, file: string) {
  let end = dataStart;
  for (const { name, offset, byteLength } of tensors) {
    if (offset !== end) {
      const problem = offset < end ? 'overlaps the tensor before it' : `leaves ${offset - end} unused bytes before it`;
      throw new CheckpointError(`${file}: tensor ${quoted(name)} ${problem}`);
    }
    end += byteLength;
    if (end > fileSize) {
      throw new CheckpointError(
        `${file}: truncated: tensor ${quoted(name)} ends at byte ${end}, the file at byte ${fileSize}`,
      );
    }
  }
  if (end !== fileSize) {
    throw new CheckpointError(`${file}: ${fileSize - end} bytes after the last tensor belong to none`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
