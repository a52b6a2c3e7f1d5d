/** Products of rows in 7 bits with weights in 8 bits; only with relaxed SIMD. */
import * as tf from '@tensorflow/tfjs-core';
import type { PackedLinearInputs } from '../../src/nn/kernels/declarations.js';
import type { KernelMemory } from '../../src/nn/kernels/memory-info.js';
import { paddedWidth } from '../../src/nn/packed/packing.js';
import { addressOf, type WasmBackend, withScratch } from './backend.js';
import { fillUp, type Weight, weightOf } from './packed.js';
import { type Call, computed, inRanges, type Part, runParts } from './parallel.js';
import { BLOCK_COLUMNS } from './simd/lay-out.js';
import { quantizedBytes } from './simd/quantized-product.js';

/** Cost of one number of a row to quantize, in multiplications. */
const QUANTIZE_WORK = 8;

/** x: [..., K], words: [N, …] → [..., N] */
export function quantizedLinear(backend: WasmBackend, { x, words, scales, bias }: PackedLinearInputs): tf.TensorInfo {
  const [k, n] = [x.shape.at(-1)!, words.shape[0]!];
  const rows = tf.util.sizeFromShape(x.shape) / k;
  const weight = weightOf(backend, words, scales, k);
  const { padded } = weight;
  const stride = quantizedBytes(padded);
  return withScratch(backend, scratchBytes(rows, n, k), (quantized) => {
    const zeros = quantized + rows * stride;
    const from =
      padded === k ? addressOf(backend, x) : fillUp(backend, addressOf(backend, x), zeros + 4 * n, rows, k, padded);
    const quantize = (first: number, end: number): Part =>
      Array.from({ length: end - first }, (_, i): Call => {
        const row = first + i;
        return ['quantizeRow', from + 4 * row * padded, padded, quantized + row * stride];
      });
    runParts(backend, inRanges(backend, rows, 1, QUANTIZE_WORK * rows * padded, quantize), 0, 0);
    const product = { rows, n, weight, quantized, stride, zeros, bias: bias ? addressOf(backend, bias) : 0 };
    return computed(backend, [...x.shape.slice(0, -1), n], 0, (out) =>
      inRanges(backend, n, BLOCK_COLUMNS, rows * n * padded, (first, end) => columns(product, out, first, end)),
    );
  });
}

export function quantizedLinearMemory(_: WasmBackend, { x, words }: PackedLinearInputs): KernelMemory {
  const k = x.shape.at(-1)!;
  return { scratch: scratchBytes(tf.util.sizeFromShape(x.shape) / k, words.shape[0]!, k) };
}

/** Quantized rows, what zeros add to each column, and padded rows. */
function scratchBytes(rows: number, n: number, k: number): number {
  const padded = paddedWidth(k);
  return rows * quantizedBytes(padded) + 4 * n + (padded === k ? 0 : 4 * rows * padded);
}

/** All are addresses but the numbers of rows and columns, and the stride. */
interface Product {
  readonly rows: number;
  readonly n: number;
  readonly weight: Weight;
  readonly quantized: number;
  readonly stride: number;
  readonly zeros: number;
  readonly bias: number;
}

/** A range of columns of the result. @param from a multiple of 4 */
function columns(
  { rows, n, weight, quantized, stride, zeros, bias }: Product,
  out: number,
  from: number,
  to: number,
): Part {
  const { words, stride: bytes, padded, scales, inFours } = weight;
  const calls: Call[] = [];
  const x = [quantized, stride];
  const shift = (column: number) => bias && bias + 4 * column;
  const middle = Math.max(from, Math.min(to, inFours));
  // The weight's rows of a block stay in the first cache while all rows of x are multiplied with them.
  for (let column = from; column < middle; column += BLOCK_COLUMNS) {
    const count = Math.min(BLOCK_COLUMNS, middle - column);
    const by = [words + column * bytes, padded];
    calls.push(['zeroProducts', ...by, count, zeros + 4 * column]);
    const shifts = [zeros + 4 * column, scales + 4 * column, shift(column)];
    calls.push(['byteProduct', ...x, ...by, ...shifts, out + 4 * column, 4 * n, rows, count]);
  }
  for (let column = middle; column < to; column++) {
    const by = [words + column * bytes, padded, scales + 4 * column, shift(column)];
    calls.push(['byteColumn', ...x, ...by, out + 4 * column, 4 * n, rows]);
  }
  return calls;
}
