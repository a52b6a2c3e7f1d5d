/**
 * Weights in 16 or 8 bits. tfjs has no such types, so the values of a row are packed into 32-bit words, the first in the lowest
 * bits, and kernels unpack them as they multiply. (`src/nn/packed/packed-matrix.ts` computes with them.)
 *
 * In 16 bits, rows are contiguous. In 8 bits, rows are interleaved in groups of four, two words of each in turn; up to three
 * remaining rows are contiguous:
 *
 *     words of rows 0 to 4:  a0 a1 b0 b1 c0 c1 d0 d1 a2 a3 b2 b3 …  e0 e1 e2 e3 …
 *
 * A kernel that reads the weight sequentially can then multiply four rows with every value of x that it loads.
 */
import { Float16Array } from '@petamoriken/float16';
import { CheckpointError, InvalidInputError } from '../../errors.js';
import { roundHalfToEven } from '../../numeric.js';

/**
 * Type of weights: 32-bit or 16-bit floats, or integers from -127 to 127 with a scale for each row. With `int8-dynamic`, stored as `int8`,
 * the inputs of products with many tokens are rounded to 7 bits as well, so that processors multiply integers. (Dynamic quantization
 * in PyTorch and ONNX Runtime.)
 */
export type WeightDtype = 'f32' | 'f16' | 'int8' | 'int8-dynamic';

/** All of them, the largest first. */
export const WEIGHT_DTYPES = ['f32', 'f16', 'int8', 'int8-dynamic'] as const satisfies readonly WeightDtype[];

/** @throws InvalidInputError for an unknown dtype */
export function checkDtype(dtype: string): asserts dtype is WeightDtype {
  if ((WEIGHT_DTYPES as readonly string[]).includes(dtype)) return;
  const ours = Object.hasOwn(DTYPES_ELSEWHERE, dtype) ? ` (did you mean '${DTYPES_ELSEWHERE[dtype]}'?)` : '';
  throw new InvalidInputError(`unknown dtype '${dtype}'${ours}; expected ${WEIGHT_DTYPES.join(', ')}`);
}

/** The names of other libraries, transformers.js above all. */
const DTYPES_ELSEWHERE: Readonly<Record<string, WeightDtype>> = {
  fp32: 'f32',
  float32: 'f32',
  fp16: 'f16',
  float16: 'f16',
  q8: 'int8',
  uint8: 'int8',
};

/** How weights are packed into words. */
export type PackedDtype = 'f16' | 'int8';

/** How weights of a type are packed; undefined for f32. */
export function packedDtype(dtype: WeightDtype): PackedDtype | undefined {
  if (dtype === 'f32') return undefined;
  return dtype === 'f16' ? 'f16' : 'int8';
}

/** Numbers in a word. */
const PER_WORD = { f16: 2, int8: 4 } as const;

/** Rows are zero-padded to a multiple of this many values, so that kernels can load whole vectors. */
const ROW_MULTIPLE = 16;

/** Magnitudes from here on round to infinity in 16 bits. */
const F16_LIMIT = 65520;

/** Rows of an interleaved group. */
export const INTERLEAVED_ROWS = 4;

/** Contiguous words of a row in an interleaved group. */
export const INTERLEAVED_WORDS = 2;

/** A packed matrix. */
export interface PackedRows {
  /** [rows, {@link wordsPerRow}], in the order described above. */
  readonly words: Int32Array;
  /** Scale of each row's integers, [rows]; absent for f16. */
  readonly scales?: Float32Array;
}

/** Values of a row with padding. */
export function paddedWidth(width: number): number {
  return ROW_MULTIPLE * Math.ceil(width / ROW_MULTIPLE);
}

/** Number of rows that are interleaved; the others are contiguous. */
export function interleavedRows(rows: number, dtype: PackedDtype): number {
  return dtype === 'int8' ? rows - (rows % INTERLEAVED_ROWS) : 0;
}

/** Words of a packed row. */
export function wordsPerRow(width: number, dtype: PackedDtype): number {
  return paddedWidth(width) / PER_WORD[dtype];
}

/** Bytes of a packed matrix, its scales included. */
export function packedBytes(rows: number, width: number, dtype: PackedDtype): number {
  return rows * (4 * wordsPerRow(width, dtype) + (dtype === 'int8' ? 4 : 0));
}

/**
 * Rounds a matrix, to nearest even, and packs it. In 8 bits the largest magnitude of a row becomes 127; a row of zeros has scale
 * 0.
 *
 * @param values [rows, width]
 * @param name   for errors
 * @throws CheckpointError for a value that the type cannot represent: infinite, NaN, or too large for 16 bits
 */
export function packRows(values: Float32Array, rows: number, dtype: PackedDtype, name: string): PackedRows {
  return dtype === 'f16' ? packHalves(values, rows, name) : packBytes(values, rows, name);
}

function packHalves(values: Float32Array, rows: number, name: string): PackedRows {
  const width = values.length / rows;
  const beyond = values.find((value) => !(Math.abs(value) < F16_LIMIT));
  if (beyond !== undefined) throw outOfRange(name, beyond, 'f16', 'below 65520');
  const halves = new Float16Array(rows * paddedWidth(width));
  for (let row = 0; row < rows; row++) {
    halves.set(values.subarray(row * width, (row + 1) * width), row * paddedWidth(width));
  }
  return { words: new Int32Array(halves.buffer) };
}

function packBytes(values: Float32Array, rows: number, name: string): PackedRows {
  const width = values.length / rows;
  const bytes = new Int8Array(rows * paddedWidth(width));
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const from = row * width;
    let largest = 0;
    for (let i = 0; i < width; i++) largest = Math.max(largest, Math.abs(values[from + i]!));
    if (!Number.isFinite(largest)) throw outOfRange(name, largest, 'int8', 'a finite number');
    scales[row] = largest / 127;
    const scale = scales[row]!;
    if (scale === 0) continue;
    const offset = byteOffsets(row, rows, width);
    for (let i = 0; i < width; i++) bytes[offset(i)] = roundHalfToEven(values[from + i]! / scale);
  }
  return { words: new Int32Array(bytes.buffer), scales };
}

/** Byte offset of each value of an int8 row. */
function byteOffsets(row: number, rows: number, width: number): (i: number) => number {
  const padded = paddedWidth(width);
  if (row >= interleavedRows(rows, 'int8')) return (i) => row * padded + i;
  const together = INTERLEAVED_WORDS * PER_WORD.int8;
  const inGroup = row % INTERLEAVED_ROWS;
  const first = (row - inGroup) * padded + inGroup * together;
  return (i) => first + INTERLEAVED_ROWS * (i - (i % together)) + (i % together);
}

/** Unpacks the result of {@link packRows}, [rows, width]. */
export function unpackRows({ words, scales }: PackedRows, rows: number, width: number): Float32Array {
  const values = new Float32Array(rows * width);
  if (!scales) {
    const halves = new Float16Array(words.buffer as ArrayBuffer);
    const padded = paddedWidth(width);
    for (let row = 0; row < rows; row++) values.set(halves.subarray(row * padded, row * padded + width), row * width);
    return values;
  }
  const bytes = new Int8Array(words.buffer);
  for (let row = 0; row < rows; row++) {
    const offset = byteOffsets(row, rows, width);
    for (let i = 0; i < width; i++) values[row * width + i] = scales[row]! * bytes[offset(i)]!;
  }
  return values;
}

function outOfRange(name: string, value: number, dtype: PackedDtype, expected: string): CheckpointError {
  return new CheckpointError(
    `"${name}" holds ${value}, which ${dtype} cannot represent: expected ${expected}; load it as f32`,
  );
}
