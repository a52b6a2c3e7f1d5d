/** Matrices in 16 or 8 bits on the device, and what is computed with them. */
import { Float16Array } from '@petamoriken/float16';
import * as tf from '@tensorflow/tfjs-core';
import { kernelOrFallback, kernelOrFallbackNoGrad, PACKED_LINEAR, PACKED_ROWS } from './kernels/kernel.js';
import {
  INTERLEAVED_ROWS,
  INTERLEAVED_WORDS,
  interleavedRows,
  type PackedDtype,
  packRows,
  unpackRows,
} from './packing.js';

/** A matrix on the device, [N, K] as published. */
export interface PackedMatrix {
  /** [N, words of a row], int32, in the order of `packing.ts`. */
  readonly words: tf.Tensor2D;
  /** What the whole numbers of each row are multiplied by, [N]; undefined in f16. */
  readonly scales: tf.Tensor1D | undefined;
  /** K */
  readonly width: number;
}

/** Puts [rows, width] on the device. @throws CheckpointError as {@link packRows} does */
export function packMatrix(values: Float32Array, rows: number, dtype: PackedDtype, name: string): PackedMatrix {
  const { words, scales } = packRows(values, rows, dtype, name);
  return {
    words: asVariable(tf.tensor2d(words, [rows, words.length / rows], 'int32')),
    scales: scales && asVariable(tf.tensor1d(scales)),
    width: values.length / rows,
  };
}

/** As a variable, which outlives the tidy that it is made in. */
function asVariable<T extends tf.Tensor>(tensor: T): T {
  const variable = tf.variable(tensor, false);
  tensor.dispose();
  return variable as tf.Tensor as T;
}

/** Its numbers, as they were rounded, [N, K]. */
export async function readPacked({ words, scales, width }: PackedMatrix): Promise<Float32Array> {
  const [bits, factors] = await Promise.all([words.data(), scales?.data()]);
  const packed = { words: bits as Int32Array, ...(factors && { scales: factors as Float32Array }) };
  return unpackRows(packed, words.shape[0], width);
}

/** Lets go of the device memory. */
export function disposePacked({ words, scales }: PackedMatrix): void {
  words.dispose();
  scales?.dispose();
}

/**
 * `x · matrixᵀ + bias`. Gradients go to x and the bias.
 *
 * @param x    [..., K]
 * @param bias [N]
 * @returns    [..., N]
 */
export function packedLinear<T extends tf.Tensor>(x: T, matrix: PackedMatrix, bias?: tf.Tensor): T {
  const { words, scales, width } = matrix;
  return kernelOrFallback(PACKED_LINEAR, { x, words, scales, bias }, {}, () =>
    tf.tidy(() => {
      const all = tf.range(0, words.shape[0], 1, 'int32');
      const product = tf.matMul(tf.reshape(x, [-1, width]), packedRows(matrix, all), false, true);
      return tf.reshape(bias ? tf.add(product, bias) : product, [...x.shape.slice(0, -1), words.shape[0]]) as T;
    }),
  );
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

/** {@link packedRows} by operations of tfjs: every half of a word has its one or two numbers in a table. */
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

/** Rows of words of 8 bits, [R, words of a row]. */
function gatherInterleavedRows(words: tf.Tensor2D, rows: tf.Tensor1D): tf.Tensor2D {
  const [count, width] = words.shape;
  const inFours = interleavedRows(count, 'int8');
  const perRow = width / INTERLEAVED_WORDS;
  const ofRows = (place: (row: number) => number) => {
    const places = tf.tensor1d(
      Int32Array.from({ length: count }, (_, row) => place(row)),
      'int32',
    );
    return tf.expandDims(tf.gather(places, rows), 1);
  };
  const first = ofRows((row) => {
    const inFour = row < inFours ? row % INTERLEAVED_ROWS : 0;
    return (row - inFour) * perRow + inFour;
  });
  const step = ofRows((row) => (row < inFours ? INTERLEAVED_ROWS : 1));
  const along = tf.expandDims(tf.range(0, perRow, 1, 'int32'), 0);
  const pairs = tf.gather(tf.reshape(words, [-1, INTERLEAVED_WORDS]), tf.add(first, tf.mul(step, along)));
  return tf.reshape(pairs, [rows.size, width]);
}

/** How many values the half of a word has. */
const HALVES = 2 ** 16;

/** What the half of a word says in 16 bits, for each of its values. */
function halfFloats(): Float32Array {
  return Float32Array.from(new Float16Array(everyHalf().buffer));
}

/** The two whole numbers in the half of a word, for each of its values. */
function bytePairs(): Float32Array {
  return Float32Array.from(new Int8Array(everyHalf().buffer));
}

function everyHalf(): Uint16Array<ArrayBuffer> {
  return Uint16Array.from({ length: HALVES }, (_, i) => i);
}
