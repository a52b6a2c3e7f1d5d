import { Float16Array, getFloat16 } from '@petamoriken/float16';

/**
 * The element types of safetensors, and the array each is read into and written from. The half types widen to float32 on
 * reading (exactly) and round to nearest, ties to even, on writing. BOOL is one byte an element, 0 or 1.
 *
 * Bytes in files are little-endian, as is every machine that runs JavaScript today: arrays are laid over them as they are.
 */
export const DTYPES = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Float32Array,
  BF16: Float32Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** The name of an element type, as safetensors writes it. */
export type Dtype = keyof typeof DTYPES;

/** The array that holds the values of each type. */
export interface Arrays {
  F64: Float64Array;
  F32: Float32Array;
  F16: Float32Array;
  BF16: Float32Array;
  I64: BigInt64Array;
  I32: Int32Array;
  I16: Int16Array;
  I8: Int8Array;
  U64: BigUint64Array;
  U32: Uint32Array;
  U16: Uint16Array;
  U8: Uint8Array;
  BOOL: Uint8Array;
}

/** The values of a tensor of a given type. */
export type TensorData<D extends Dtype = Dtype> = Arrays[D];

export const DTYPE_NAMES = Object.keys(DTYPES) as readonly Dtype[];

/** Bits an element takes of the other types that the format defines. Tensors of them may be in a file, but are not read. */
export const UNREAD_BITS = {
  C64: 64,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F4: 4,
} as const;

/** The name of any element type of the format. */
export type StoredDtype = Dtype | keyof typeof UNREAD_BITS;

export const STORED_DTYPE_NAMES: readonly string[] = [...DTYPE_NAMES, ...Object.keys(UNREAD_BITS)];

/** Whether a name found in a file is a type of the format. */
export function isStoredDtype(name: string): name is StoredDtype {
  return isDtype(name) || Object.hasOwn(UNREAD_BITS, name);
}

/** Bits an element takes in a file. */
export function elementBits(dtype: StoredDtype): number {
  return isDtype(dtype) ? 8 * elementSize(dtype) : UNREAD_BITS[dtype];
}

/** Whether a name found in a file is a type we read. */
export function isDtype(name: unknown): name is Dtype {
  return typeof name === 'string' && Object.hasOwn(DTYPES, name);
}

/** Bytes an element takes in a file. */
export function elementSize(dtype: Dtype): number {
  return isHalf(dtype) ? 2 : DTYPES[dtype].BYTES_PER_ELEMENT;
}

/** Whether an array is of the class that values of this type are kept in. */
export function holdsDtype<D extends Dtype>(data: unknown, dtype: D): data is TensorData<D> {
  return data instanceof DTYPES[dtype];
}

/** The name of the array class that values of this type are kept in, for messages. */
export function arrayName(dtype: Dtype): string {
  return DTYPES[dtype].name;
}

/** Values from the bytes of a file, which may start anywhere in memory. The result never shares memory with the bytes. */
export function decodeValues<D extends Dtype>(bytes: Uint8Array, dtype: D): TensorData<D> {
  const whole = new Uint8Array(bytes); // not slice(): on Node's Buffer that shares memory and alignment
  const values = isHalf(dtype)
    ? widen(new Uint16Array(whole.buffer), dtype === 'F16' ? f16Values() : bf16Values())
    : new DTYPES[dtype](whole.buffer);
  return values as TensorData<D>;
}

/** The bytes of a file from values. A finite value too large for a half type becomes infinite: see {@link overflow}. */
export function encodeValues<D extends Dtype>(values: TensorData<D>, dtype: D): Uint8Array {
  if (dtype === 'F16') return new Uint8Array(new Float16Array(values as Float32Array).buffer);
  if (dtype === 'BF16') return new Uint8Array(bf16Bits(values as Float32Array).buffer);
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The first finite value that a half type cannot hold, if there is one. Other types hold what their arrays hold. */
export function overflow<D extends Dtype>(values: TensorData<D>, dtype: D): number | undefined {
  if (!isHalf(dtype)) return undefined;
  // Halfway between the largest number of the type and the next power of two, where rounding begins to reach infinity.
  const limit = dtype === 'F16' ? 65520 : 2 ** 128 - 2 ** 119;
  return (values as Float32Array).find((x) => Math.abs(x) >= limit && Number.isFinite(x));
}

function isHalf(dtype: Dtype): boolean {
  return dtype === 'F16' || dtype === 'BF16';
}

function widen(bits: Uint16Array, table: Float32Array): Float32Array {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]!]!;
  return values;
}

/** The upper halves of float32 numbers, rounded to nearest, ties to even; NaN stays NaN. */
function bf16Bits(values: Float32Array): Uint16Array {
  const words = new Uint32Array(new Float32Array(values).buffer);
  const halves = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const even = (word >>> 16) & 1;
    halves[i] = Number.isNaN(values[i]) ? (word >>> 16) | 0x40 : (word + 0x7fff + even) >>> 16;
  }
  return halves;
}

/** Widening looks values up: all 65536 of a half type fit a table, and a table is many times faster than arithmetic. */
const f16Values = once(() => {
  const bits = new DataView(Uint16Array.from({ length: 0x10000 }, (_, i) => i).buffer);
  return Float32Array.from({ length: 0x10000 }, (_, i) => getFloat16(bits, i * 2, true));
});

const bf16Values = once(() => new Float32Array(Uint32Array.from({ length: 0x10000 }, (_, i) => i * 0x10000).buffer));

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
