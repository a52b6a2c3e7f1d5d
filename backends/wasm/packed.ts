/** Weights in 16 or 8 bits: products with them, and rows of them. */
import * as tf from '@tensorflow/tfjs-core';
import type { PackedLinearInputs, PackedRowsAttributes, PackedRowsInputs } from '../../src/nn/kernels/kernel.js';
import { paddedWidth } from '../../src/nn/packing.js';
import { addressOf, type WasmBackend, withScratch } from './backend.js';
import { type Call, computed, inRanges, OWN_SCRATCH, type Part } from './parallel.js';
import { BLOCK_COLUMNS } from './simd/lay-out.js';
import { simdModule } from './simd/module.js';
import { dense, multiply } from './simd/multiply.js';
import { splitBytes } from './simd/packed.js';
import { productScratch } from './simd/product.js';

/** Up to so many rows it is quicker to multiply with what is packed than to unpack it first. Measured. */
const FEW_ROWS = { f16: 5, int8: 8 } as const;

/** Rows of a packed weight in the module's memory. */
export interface Weight {
  readonly words: number;
  /** Bytes from row to row. */
  readonly stride: number;
  /** Address of the rows' scales; 0 for 16-bit floats. */
  readonly scales: number;
  /** Numbers in a row, with the zeros behind it. */
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
  const scratch = 4 * BLOCK_COLUMNS * weight.padded + productScratch(k);
  return computed(backend, shape, scratch, (out) =>
    inRanges(backend, n, BLOCK_COLUMNS, r * n * k, (from, to) => unpackedProduct(product, out, from, to)),
  );
}

/** Columns from an index to another: as many rows of the weight as a product lays out at once are unpacked, and multiplied with. */
function unpackedProduct({ r, n, k, x, weight, bias }: Product, out: number, from: number, to: number): Part {
  const rowBytes = 4 * weight.padded;
  const block = { address: OWN_SCRATCH + productScratch(k), rowStride: 4, columnStride: rowBytes };
  const calls: Call[] = [];
  for (let column = from; column < to; column += BLOCK_COLUMNS) {
    const columns = Math.min(BLOCK_COLUMNS, to - column);
    const [target, shift] = [{ ...dense(out + 4 * column, n) }, bias && bias + 4 * column];
    calls.push(unpack(weight, column, columns, block.address));
    calls.push(...multiply(dense(x, k), block, target, [r, columns, k], shift));
  }
  return calls;
}

function fewRows(backend: WasmBackend, { shape, r, n, k, x, weight, bias }: Product): tf.TensorInfo {
  const { padded } = weight;
  const stride = preparedBytes(weight);
  return withScratch(backend, r * stride + (padded === k ? 0 : 4 * r * padded), (prepared) => {
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
  /** Room for {@link preparedBytes} for each row. */
  readonly prepared: number;
  readonly out: number;
}

/** Prepares rows of x at once, and says what is to be done with them. */
export function fewRowsParts(backend: WasmBackend, { r, n, weight, bias, x, prepared, out }: FewRows): Part[] {
  const { words, scales, stride: wordStride, padded } = weight;
  const [prepare, name] = scales ? ['splitRow', 'byteRows'] : ['raiseRow', 'halfRows'];
  const stride = preparedBytes(weight);
  for (let row = 0; row < r; row++) {
    simdModule(backend).functions[prepare]!(x + 4 * row * padded, padded, prepared + row * stride);
  }
  return inRanges(backend, n, 1, r * n * padded, (from, to) => {
    const by = [words + from * wordStride, scales && scales + 4 * from];
    const into = [out + 4 * from, 4 * n, r, to - from, padded, bias && bias + 4 * from];
    return [[name, prepared, stride, ...by, ...into]];
  });
}

/** Copies rows to where there is room for zeros behind each. */
function fillUp(backend: WasmBackend, x: number, to: number, r: number, k: number, padded: number): number {
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
      const [name, ...values] = unpack(weight, row, 1, weight.padded === width ? target : scratch);
      functions[name]!(...values);
      if (weight.padded !== width) heap.copyWithin(target, scratch, scratch + 4 * width);
    }
    return out;
  });
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
    scales: scales ? addressOf(backend, scales) : 0,
    padded: paddedWidth(k),
  };
}

/** Writes rows one after the other, each with the zeros behind it. */
function unpack({ words, stride, scales, padded }: Weight, row: number, rows: number, to: number): Call {
  const name = scales ? 'unpackBytes' : 'unpackHalves';
  return [name, words + row * stride, scales && scales + 4 * row, to, rows, padded];
}
