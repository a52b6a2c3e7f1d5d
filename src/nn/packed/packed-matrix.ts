/** Matrices in 16 or 8 bits on the device: storage, matrix product and row lookup. */
import { Float16Array } from '@petamoriken/float16';
import * as tf from '@tensorflow/tfjs-core';
import { PACKED_LINEAR, PACKED_ROWS, QUANTIZED_LINEAR } from '../kernels/declarations.js';
import { kernelOrFallback, kernelOrFallbackNoGrad } from '../kernels/run-kernel.js';
import {
  INTERLEAVED_ROWS,
  INTERLEAVED_WORDS,
  interleavedRows,
  packedDtype,
  packRows,
  unpackRows,
  type WeightDtype,
} from './packing.js';

/** A matrix on the device, [N, K] as published. */
export interface PackedMatrix {
  /** [N, words of a row], int32, in the order of `packing.ts`. */
  readonly words: tf.Tensor2D;
  /** Scale of each row's integers, [N]; undefined for f16. */
  readonly scales: tf.Tensor1D | undefined;
  /** K */
  readonly width: number;
  /** Whether inputs of many tokens are quantized too. */
  readonly quantizesInputs: boolean;
}

/** Packs a [rows, width] matrix on the device. @throws CheckpointError as {@link packRows} does */
export function packMatrix(
  values: Float32Array,
  rows: number,
  dtype: Exclude<WeightDtype, 'f32'>,
  name: string,
): PackedMatrix {
  const { words, scales } = packRows(values, rows, packedDtype(dtype)!, name);
  return {
    words: asVariable(tf.tensor2d(words, [rows, words.length / rows], 'int32')),
    scales: scales && asVariable(tf.tensor1d(scales)),
    width: values.length / rows,
    quantizesInputs: dtype === 'int8-dynamic',
  };
}

/** As a variable, which `tf.tidy` does not dispose of. */
function asVariable<T extends tf.Tensor>(tensor: T): T {
  const variable = tf.variable(tensor, false);
  tensor.dispose();
  return variable as tf.Tensor as T;
}

/** The rounded values, [N, K]. */
export async function readPacked({ words, scales, width }: PackedMatrix): Promise<Float32Array> {
  const [bits, factors] = await Promise.all([words.data(), scales?.data()]);
  const packed = { words: bits as Int32Array, ...(factors && { scales: factors as Float32Array }) };
  return unpackRows(packed, words.shape[0], width);
}

/** Releases the device memory. */
export function disposePacked({ words, scales }: PackedMatrix): void {
  words.dispose();
  scales?.dispose();
}

/**
 * `x · matrixᵀ + bias`, with gradients of x and the bias.
 *
 * @param x    [..., K]
 * @param bias [N]
 * @returns    [..., N]
 */
export function packedLinear<T extends tf.Tensor>(x: T, matrix: PackedMatrix, bias?: tf.Tensor): T {
  const { words, scales, width, quantizesInputs } = matrix;
  const inputs = { x, words, scales, bias };
  if (quantizesInputs && x.rank === 3 && x.shape[1]! > FEW_TOKENS) {
    return kernelOrFallback(QUANTIZED_LINEAR, inputs, {}, () =>
      tf.tidy(() => packedLinear(quantizeRows(x), { ...matrix, quantizesInputs: false }, bias)),
    );
  }
  return kernelOrFallback(PACKED_LINEAR, inputs, {}, () =>
    tf.tidy(() => {
      const all = tf.range(0, words.shape[0], 1, 'int32');
      const product = tf.matMul(tf.reshape(x, [-1, width]), packedRows(matrix, all), false, true);
      return tf.reshape(bias ? tf.add(product, bias) : product, [...x.shape.slice(0, -1), words.shape[0]]) as T;
    }),
  );
}

/**
 * Up to so many tokens of a sample, a product is limited by reading the weights, and its inputs are not quantized. Not so many rows of a
 * batch: the results of a sample do not depend on the others.
 */
const FEW_TOKENS = 16;

/** Largest magnitude of a quantized input: with zero at 64 it is a number of 7 bits. */
const QUANTIZED_MAX = 63;
/** Rows with smaller magnitudes become zero. */
const SMALLEST_SCALE = 1e-30;

/** Rounds each row to whole numbers from -63 to 63 times a scale, the largest magnitude to 63. */
function quantizeRows<T extends tf.Tensor>(x: T): T {
  return tf.tidy(() => {
    const largest = tf.max(tf.abs(x), -1, true);
    // A row of zeros stays zero.
    const rounded = tf.round(tf.mul(x, tf.div(QUANTIZED_MAX, tf.maximum(largest, SMALLEST_SCALE))));
    return tf.mul(rounded, tf.div(largest, QUANTIZED_MAX)) as T;
  });
}

/**
 * Looks rows up.
 *
 * @param rows [R], int32
 * @returns    [R, K]
 */
export function packedRows(matrix: PackedMatrix, rows: tf.Tensor1D): tf.Tensor2D {
  const { words, scales, width } = matrix;
  return kernelOrFallbackNoGrad(PACKED_ROWS, { words, scales, rows }, { width }, () =>
    packedRowsFallback(matrix, rows),
  );
}

/** {@link packedRows} with operations of tfjs: a table maps each 16-bit half of a word to its one or two values. */
export function packedRowsFallback({ words, scales, width }: PackedMatrix, rows: tf.Tensor1D): tf.Tensor2D {
  return tf.tidy(() => {
    const half = tf.scalar(HALVES, 'int32');
    const taken = scales ? gatherInterleavedRows(words, rows) : tf.gather(words, rows);
    const low = tf.mod(taken, half); // 0 … 65535
    const high = tf.mod(tf.floorDiv(tf.sub(taken, low), half), half);
    const table = tf.tensor2d(scales ? bytePairs() : halfFloats(), [HALVES, scales ? 2 : 1]);
    const numbers = tf.reshape(tf.gather(table, tf.stack([low, high], -1)), [rows.size, -1]);
    const values = tf.slice(numbers, [0, 0], [rows.size, width]) as tf.Tensor2D;
    return scales ? tf.mul(values, tf.expandDims(tf.gather(scales, rows), 1)) : values;
  });
}

/** Rows of an interleaved int8 matrix, [R, words of a row]. */
function gatherInterleavedRows(words: tf.Tensor2D, rows: tf.Tensor1D): tf.Tensor2D {
  const [count, width] = words.shape;
  const interleaved = interleavedRows(count, 'int8');
  const perRow = width / INTERLEAVED_WORDS;
  const perRowOf = (sourceRow: (row: number) => number) => {
    const indices = tf.tensor1d(
      Int32Array.from({ length: count }, (_, row) => sourceRow(row)),
      'int32',
    );
    return tf.expandDims(tf.gather(indices, rows), 1);
  };
  const first = perRowOf((row) => {
    const inGroup = row < interleaved ? row % INTERLEAVED_ROWS : 0;
    return (row - inGroup) * perRow + inGroup;
  });
  const step = perRowOf((row) => (row < interleaved ? INTERLEAVED_ROWS : 1));
  const along = tf.expandDims(tf.range(0, perRow, 1, 'int32'), 0);
  const pairs = tf.gather(tf.reshape(words, [-1, INTERLEAVED_WORDS]), tf.add(first, tf.mul(step, along)));
  return tf.reshape(pairs, [rows.size, width]);
}

/** Number of values of half a word. */
const HALVES = 2 ** 16;

/** The float16 of each half word. */
function halfFloats(): Float32Array {
  return Float32Array.from(new Float16Array(everyHalf().buffer));
}

/** The two int8 of each half word. */
function bytePairs(): Float32Array {
  return Float32Array.from(new Int8Array(everyHalf().buffer));
}

function everyHalf(): Uint16Array<ArrayBuffer> {
  return Uint16Array.from({ length: HALVES }, (_, i) => i);
}
