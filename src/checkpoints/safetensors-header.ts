import { CheckpointError } from '../errors.js';
import { elementBits, isStoredDtype, STORED_DTYPE_NAMES, type StoredDtype } from './dtypes.js';
import { JsonReader } from './json-reader.js';

/** A tensor as the header of a file describes it. */
export interface TensorEntry {
  /** Tensors of some types can be in a file, but not read. */
  readonly dtype: StoredDtype;
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

/** Ten times the largest published header. (The format allows a hundred times as much, which takes half a minute to read.) */
export const MAX_HEADER_BYTES = 1_000_000;

/** Maximum number of dimensions. */
const MAX_RANK = 64;

/** Forbidden tensor names: the key of the metadata, and one that would change JavaScript objects. */
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
    throw new CheckpointError(`${file}: a header of ${length} bytes; the largest that is read has ${MAX_HEADER_BYTES}`);
  }
  return Number(length);
}

/**
 * Parses and validates a header: types, shapes and offsets must agree with each other and cover the file exactly.
 *
 * @param bytes     the header itself, without the length before it
 * @param fileSize  of the whole file, in bytes
 * @param file      what errors call the file
 * @throws CheckpointError naming the file, the tensor and what is wrong
 */
export function parseHeader(bytes: Uint8Array, fileSize: number, file: string): Header {
  const dataStart = LENGTH_BYTES + bytes.length;
  const json = new JsonReader(
    decodeText(bytes, file),
    (problem) => new CheckpointError(`${file}: the header ${problem}`),
  );
  const tensors: ({ name: string } & TensorEntry)[] = [];
  let metadata: Record<string, string> = {};
  json.object((name) => {
    if (name === '__proto__') throw new CheckpointError(`${file}: "__proto__" cannot be the name of a tensor`);
    if (name === '__metadata__') metadata = readMetadata(json, file);
    else tensors.push({ name, ...readEntry(json, name, dataStart, file) });
  });
  json.end();
  // Ties are tensors without elements, which may start where another does.
  tensors.sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  checkCoverage(tensors, dataStart, fileSize, file);
  return {
    metadata,
    tensors: new Map(tensors.map(({ name, ...entry }) => [name, entry])),
  };
}

/** Quotes a name for a message, in one line of bounded length. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 117)}...` : name);
}

function decodeText(bytes: Uint8Array, file: string): string {
  if (bytes[0] !== 0x7b)
    throw new CheckpointError(`${file}: not a safetensors file: the header does not begin with "{"`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CheckpointError(`${file}: the header is not valid UTF-8`);
  }
}

function readMetadata(json: JsonReader, file: string): Record<string, string> {
  const metadata: Record<string, string> = {};
  if (json.next !== 'object') throw new CheckpointError(`${file}: __metadata__ must be an object of strings`);
  json.object((key) => {
    if (key === '__proto__') throw new CheckpointError(`${file}: "__proto__" cannot be a key of __metadata__`);
    if (json.next !== 'string') throw new CheckpointError(`${file}: __metadata__ ${quoted(key)} is not a string`);
    metadata[key] = json.string();
  });
  return metadata;
}

/** Where the bytes of a tensor begin and end, counted from the end of the header. */
type Span = readonly [begin: number, end: number];

function readEntry(json: JsonReader, name: string, dataStart: number, file: string): TensorEntry {
  const fail = (problem: string) => new CheckpointError(`${file}: tensor ${quoted(name)}: ${problem}`);
  if (json.next !== 'object') throw fail('its entry is not an object');
  const found: { dtype?: StoredDtype; shape?: number[]; offsets?: Span } = {};
  json.object((field) => {
    if (field === 'dtype') found.dtype = readDtype(json, fail);
    else if (field === 'shape') found.shape = readShape(json, fail);
    else if (field === 'data_offsets') found.offsets = readOffsets(json, fail);
    else throw fail(`unknown field ${quoted(field)}`);
  });
  const { dtype, shape, offsets } = found;
  if (!dtype || !shape || !offsets) throw fail('its entry lacks dtype, shape or data_offsets');
  const [begin, end] = offsets;
  const byteLength = (elementCount(shape) * elementBits(dtype)) / 8;
  if (end - begin !== byteLength) {
    throw fail(`data_offsets [${begin}, ${end}] span ${end - begin} bytes; ${dtype} [${shape}] needs ${byteLength}`);
  }
  return { dtype, shape, offset: dataStart + begin, byteLength };
}

function readDtype(json: JsonReader, fail: (problem: string) => CheckpointError): StoredDtype {
  if (json.next !== 'string') throw fail('its dtype is not a string');
  const dtype = json.string();
  if (!isStoredDtype(dtype)) {
    throw fail(`unknown dtype ${quoted(dtype)}; known are ${STORED_DTYPE_NAMES.join(', ')}`);
  }
  return dtype;
}

function readShape(json: JsonReader, fail: (problem: string) => CheckpointError): number[] {
  const shape = json.wholeNumbers(MAX_RANK);
  if (!shape) throw fail(`its shape is not a list of at most ${MAX_RANK} whole numbers >= 0`);
  return shape;
}

function readOffsets(json: JsonReader, fail: (problem: string) => CheckpointError): Span {
  const offsets = json.wholeNumbers(2);
  if (offsets?.length !== 2) throw fail('data_offsets are not two whole numbers >= 0');
  return offsets as [number, number];
}

/** The product of the sizes, infinite as soon as one of sizes before it was too large to be exact, as officially. */
function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => {
    const elements = product * size;
    return Number.isSafeInteger(elements) ? elements : Number.POSITIVE_INFINITY;
  }, 1);
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
    throw new CheckpointError(`${file}: ${fileSize - end} bytes after the last tensor belong to no tensor`);
  }
}
