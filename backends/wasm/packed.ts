/** Weights in 16 or 8 bits: products with them, and rows of them. */
import * as tf from '@tensorflow/tfjs-core';
import type { PackedLinearInputs, PackedRowsAttributes, PackedRowsInputs } from '../../src/nn/kernels/declarations.js';
import type { KernelMemory } from '../../src/nn/kernels/memory-info.js';
import { INTERLEAVED_ROWS, INTERLEAVED_WORDS, interleavedRows, paddedWidth } from '../../src/nn/packed/packing.js';
import { addressOf, type WasmBackend, withScratch } from './backend.js';
import { type Call, computed, inRanges, OWN_SCRATCH, type Part, threadsOf } from './parallel.js';
import { BLOCK_COLUMNS } from './simd/lay-out.js';
import { simdModule } from './simd/module.js';
import { dense, multiply } from './simd/multiply.js';
import { splitBytes } from './simd/packed.js';
import { productScratch } from './simd/product.js';

/** Up to this many rows of x, multiplying with packed rows is faster than unpacking them first. Measured. */
const FEW_ROWS = { f16: 5, int8: 16 } as const;

/** A packed weight in the module's memory. */
export interface Weight {
  readonly words: number;
  /** Bytes of a row. */
  readonly stride: number;
  /** Number of interleaved rows. */
  readonly inFours: number;
  /** Address of the rows' scales; 0 for 16-bit floats. */
  readonly scales: number;
  /** Numbers in a row with padding. */
  readonly padded: number;
}

interface Product {
  /** Of the result. */
  readonly shape: number[];
  readonly r: number;
  readonly n: number;
  readonly k: number;
  /** Addresses; no bias where its is 0. */
  readonly x: number;
  readonly weight: Weight;
  readonly bias: number;
}

/** x: [..., K], words: [N, …] → [..., N] */
export function packedLinear(backend: WasmBackend, { x, words, scales, bias }: PackedLinearInputs): tf.TensorInfo {
  const [k, n] = [x.shape.at(-1)!, words.shape[0]!];
  const r = tf.util.sizeFromShape(x.shape) / k;
  const shape = [...x.shape.slice(0, -1), n];
  const weight = weightOf(backend, words, scales, k);
  const product = { shape, r, n, k, x: addressOf(backend, x), weight, bias: bias ? addressOf(backend, bias) : 0 };
  if (r <= FEW_ROWS[scales ? 'int8' : 'f16']) return fewRows(backend, product);
  return computed(backend, shape, unpackedScratch(k), (out) =>
    inRanges(backend, n, BLOCK_COLUMNS, r * n * k, (from, to) => unpackedProduct(product, out, from, to)),
  );
}

export function packedLinearMemory(backend: WasmBackend, { x, scales }: PackedLinearInputs): KernelMemory {
  const k = x.shape.at(-1)!;
  const r = tf.util.sizeFromShape(x.shape) / k;
  const padded = paddedWidth(k);
  const scratch =
    r <= FEW_ROWS[scales ? 'int8' : 'f16']
      ? fewRowsScratch({ scales: scales ? 1 : 0, padded }, r, k)
      : threadsOf(backend) * unpackedScratch(k);
  return { scratch };
}

/** Bytes that a thread needs to unpack rows of the weight and multiply with them. */
function unpackedScratch(k: number): number {
  return 4 * BLOCK_COLUMNS * paddedWidth(k) + productScratch(k);
}

/** Bytes to prepare a few rows of x. */
function fewRowsScratch(weight: Pick<Weight, 'scales' | 'padded'>, r: number, k: number): number {
  return r * (preparedBytes(weight) + (weight.padded === k ? 0 : 4 * weight.padded));
}

/** A range of columns: unpacks as many rows of the weight at a time as a product packs, and multiplies with them. */
function unpackedProduct({ r, n, k, x, weight, bias }: Product, out: number, from: number, to: number): Part {
  const rowBytes = 4 * weight.padded;
  const block = { address: OWN_SCRATCH + productScratch(k), rowStride: 4, columnStride: rowBytes };
  const calls: Call[] = [];
  for (let column = from; column < to; column += BLOCK_COLUMNS) {
    const columns = Math.min(BLOCK_COLUMNS, to - column);
    const [target, shift] = [{ ...dense(out + 4 * column, n) }, bias && bias + 4 * column];
    calls.push(...unpack(weight, column, column + columns, block.address));
    calls.push(...multiply(dense(x, k), block, target, [r, columns, k], shift));
  }
  return calls;
}

function fewRows(backend: WasmBackend, { shape, r, n, k, x, weight, bias }: Product): tf.TensorInfo {
  const { padded } = weight;
  const stride = preparedBytes(weight);
  return withScratch(backend, fewRowsScratch(weight, r, k), (prepared) => {
    const rows = padded === k ? x : fillUp(backend, x, prepared + r * stride, r, k, padded);
    return computed(backend, shape, 0, (out) => fewRowsParts(backend, { r, n, weight, bias, x: rows, prepared, out }));
  });
}

/** Bytes of a row of x as {@link fewRowsParts} prepares it. */
export function preparedBytes({ scales, padded }: Pick<Weight, 'scales' | 'padded'>): number {
  return scales ? splitBytes(padded) : 4 * padded;
}

/** A product of a few rows; all are addresses but R and N. */
interface FewRows {
  readonly r: number;
  readonly n: number;
  readonly weight: Weight;
  readonly bias: number;
  /** Rows as long as those of the weight. */
  readonly x: number;
  /** Memory of {@link preparedBytes} for each row. */
  readonly prepared: number;
  readonly out: number;
}

/** Prepares rows of x, and returns the parts of the computation. */
export function fewRowsParts(backend: WasmBackend, { r, n, weight, bias, x, prepared, out }: FewRows): Part[] {
  const { scales, padded } = weight;
  const prepare = scales ? 'splitRow' : 'raiseRow';
  const stride = preparedBytes(weight);
  for (let row = 0; row < r; row++) {
    simdModule(backend).functions[prepare]!(x + 4 * row * padded, padded, prepared + row * stride);
  }
  const call = ({ words, together, first, count }: Run): Call => {
    const name = scales === 0 ? 'halfRows' : together === 1 ? 'byteRows1' : 'byteRows4';
    const by = scales && scales + 4 * first;
    const shift = bias && bias + 4 * first;
    return [name, prepared, stride, words, by, out + 4 * first, 4 * n, r, count, padded, shift];
  };
  return inRanges(backend, n, INTERLEAVED_ROWS, r * n * padded, (from, to) => runsOf(weight, from, to).map(call));
}

/** A range of rows with the same layout. */
interface Run {
  /** Where they begin. */
  readonly words: number;
  /** 4 if interleaved, else 1. */
  readonly together: 1 | typeof INTERLEAVED_ROWS;
  readonly first: number;
  readonly count: number;
}

/** Rows from one to another. @param from a multiple of 4 */
function runsOf({ words, stride, inFours }: Weight, from: number, to: number): Run[] {
  const middle = Math.max(from, Math.min(to, inFours));
  const runs: Run[] = [];
  if (from < middle)
    runs.push({ words: words + from * stride, together: INTERLEAVED_ROWS, first: from, count: middle - from });
  if (middle < to) runs.push({ words: words + middle * stride, together: 1, first: middle, count: to - middle });
  return runs;
}

/** Copies rows and pads each with zeros. */
export function fillUp(backend: WasmBackend, x: number, to: number, r: number, k: number, padded: number): number {
  const heap = new Uint8Array(backend.wasm.asm.memory.buffer);
  for (let row = 0; row < r; row++) {
    const start = to + 4 * row * padded;
    heap.copyWithin(start, x + 4 * row * k, x + 4 * (row + 1) * k);
    heap.fill(0, start + 4 * k, start + 4 * padded);
  }
  return to;
}

/** words: [N, …], rows: [R] → [R, K] */
export function packedRows(
  backend: WasmBackend,
  { words, scales, rows }: PackedRowsInputs,
  { width }: PackedRowsAttributes,
): tf.TensorInfo {
  const { functions } = simdModule(backend);
  const weight = weightOf(backend, words, scales, width);
  return withScratch(backend, 4 * weight.padded, (scratch) => {
    const out = backend.makeOutput([tf.util.sizeFromShape(rows.shape), width], 'float32');
    const to = addressOf(backend, out);
    const heap = new Uint8Array(backend.wasm.asm.memory.buffer);
    for (const [i, row] of backend.typedArrayFromHeap(rows).entries()) {
      const target = to + 4 * i * width;
      const [name, ...values] = unpackRow(weight, row, weight.padded === width ? target : scratch);
      functions[name]!(...values);
      if (weight.padded !== width) heap.copyWithin(target, scratch, scratch + 4 * width);
    }
    return out;
  });
}

export function packedRowsMemory(_: WasmBackend, __: PackedRowsInputs, { width }: PackedRowsAttributes): KernelMemory {
  return { scratch: 4 * paddedWidth(width) };
}

export function weightOf(
  backend: WasmBackend,
  words: tf.TensorInfo,
  scales: tf.TensorInfo | undefined,
  k: number,
): Weight {
  return {
    words: addressOf(backend, words),
    stride: 4 * words.shape[1]!,
    inFours: interleavedRows(words.shape[0]!, scales ? 'int8' : 'f16'),
    scales: scales ? addressOf(backend, scales) : 0,
    padded: paddedWidth(k),
  };
}

/** Unpacks a range of rows into contiguous, padded rows. @param from a multiple of 4 */
function unpack(weight: Weight, from: number, to: number, target: number): Call[] {
  const { scales, padded } = weight;
  return runsOf(weight, from, to).map(({ words, together, first, count }) => {
    const into = target + 4 * (first - from) * padded;
    return [unpacker(weight), words, together, scales && scales + 4 * first, into, count, padded];
  });
}

/** The same for one row, any. */
function unpackRow(weight: Weight, row: number, target: number): Call {
  const { words, stride, inFours, scales, padded } = weight;
  const inFour = row < inFours ? row % INTERLEAVED_ROWS : 0;
  const at = words + (row - inFour) * stride + inFour * 4 * INTERLEAVED_WORDS;
  return [unpacker(weight), at, row < inFours ? INTERLEAVED_ROWS : 1, scales && scales + 4 * row, target, 1, padded];
}

function unpacker({ scales }: Weight): string {
  return scales ? 'unpackBytes' : 'unpackHalves';
}
