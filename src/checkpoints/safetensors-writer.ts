import { InvalidInputError } from '../errors.js';
import { arrayName, type Dtype, elementSize, encodeValues, holdsDtype, overflow, type TensorData } from './dtypes.js';
import { LENGTH_BYTES, MAX_HEADER_BYTES, quoted, RESERVED_NAMES } from './safetensors-header.js';

/** A tensor to be written. */
export interface NamedTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Row-major values in the array class of the type: Float32Array for F32, F16 and BF16, BigInt64Array for I64, … */
  readonly data: TensorData;
}

/**
 * A safetensors file from tensors and metadata. Tensors are laid out by falling element size, then by name, as the format's
 * own library does: every tensor is aligned, and the order in which they are given does not change a byte.
 *
 * @throws InvalidInputError if a name is reserved, malformed or used twice, if an array does not fit its type or shape, or
 *   if a finite value is too large for the requested half type
 */
export function writeSafetensors(
  tensors: Iterable<NamedTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = [...tensors].sort(
    (a, b) => elementSize(b.dtype) - elementSize(a.dtype) || (a.name < b.name ? -1 : Number(a.name > b.name)),
  );
  for (const tensor of ordered) checkTensor(tensor);
  const header = encodeHeader(ordered, metadata);
  const size = ordered.reduce((total, tensor) => total + byteLength(tensor), LENGTH_BYTES + header.length);
  const file = new Uint8Array(size);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, LENGTH_BYTES);
  let offset = LENGTH_BYTES + header.length;
  for (const tensor of ordered) {
    file.set(encodeValues(tensor.data, tensor.dtype), offset);
    offset += byteLength(tensor);
  }
  return file;
}

/**
 * The header between a file's length field and its tensors, padded to a multiple of 8 bytes.
 *
 * @param tensors in the order of the file
 */
export function encodeHeader(
  tensors: readonly Omit<NamedTensor, 'data'>[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) entries.set('__metadata__', checkMetadata(metadata));
  let offset = 0;
  for (const tensor of tensors) {
    if (entries.has(tensor.name)) throw new InvalidInputError(`tensor ${quoted(tensor.name)} is given twice`);
    const end = offset + byteLength(tensor);
    entries.set(tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, end] });
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  if (json.length > MAX_HEADER_BYTES) {
    throw new InvalidInputError(`a header of ${json.length} bytes; the largest that is read has ${MAX_HEADER_BYTES}`);
  }
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  return padded;
}

function checkTensor({ name, dtype, shape, data }: NamedTensor): void {
  const fail = (problem: string) => new InvalidInputError(`tensor ${quoted(name)}: ${problem}`);
  checkText(name, 'the name of a tensor');
  if (RESERVED_NAMES.includes(name)) throw fail('the name is reserved');
  if (!holdsDtype(data, dtype)) throw fail(`${dtype} is written from a ${arrayName(dtype)}`);
  const elements = shape.reduce((product, size) => product * size, 1);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0) || elements !== data.length) {
    throw fail(`shape [${shape}] does not fit ${data.length} values`);
  }
  const tooLarge = overflow(data, dtype);
  if (tooLarge !== undefined) throw fail(`${tooLarge} is too large for ${dtype}`);
  if (dtype === 'BOOL' && (data as Uint8Array).some((b) => b > 1)) throw fail('BOOL values must be 0 or 1');
}

function checkMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(metadata)) {
    if (key === '__proto__') throw new InvalidInputError('"__proto__" cannot be a metadata key');
    if (typeof value !== 'string') throw new InvalidInputError(`metadata ${quoted(key)} must be a string`);
    checkText(key, 'a metadata key');
    checkText(value, `metadata ${quoted(key)}`);
  }
  return metadata;
}

/** Lone surrogates have no UTF-8, and other readers refuse the file. */
function checkText(text: string, what: string): void {
  if (/\p{Surrogate}/u.test(text)) throw new InvalidInputError(`${what} is not well-formed Unicode: ${quoted(text)}`);
}

function byteLength({ dtype, shape }: Omit<NamedTensor, 'data'>): number {
  return shape.reduce((product, size) => product * size, 1) * elementSize(dtype);
}
