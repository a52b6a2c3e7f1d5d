import * as tf from '@tensorflow/tfjs-core';
import type { KernelMemory } from '../../src/nn/kernels/memory-info.js';
import { idOf, runKernel, view, type WasmBackend } from './backend.js';
import { broadcastIndex } from './mat-mul.js';
import { guardMemory } from './memory.js';
import type { Given } from './register.js';

/**
 * Minimum sizes for XNNPACK: for smaller products in a batch tfjs's own loop is faster, because XNNPACK packs the right side
 * for each. Measured: with one row the loop is ten times as fast, with 16 rows it is half as fast or less.
 */
const FEW_ROWS = 8;
const FEW_MULTIPLICATIONS = 4096;

/**
 * Batched matrix multiplication by XNNPACK, if SIMD, which our module needs, is missing. tfjs's own kernel calls
 * it only for one matrix times one matrix with nothing transposed; everything else runs a scalar loop. So: transpose first,
 * fold the batch into rows if all samples share the right side, and otherwise multiply matrix by matrix, through views of the
 * operands.
 *
 * a: [..., M, K] ([..., K, M] with transposeA), b: [..., K, N] ([..., N, K] with transposeB) → [..., M, N]
 */
export function xnnpackMatMul(
  backend: WasmBackend,
  { a, b }: Given<tf.BatchMatMulInputs>,
  { transposeA, transposeB }: tf.BatchMatMulAttrs,
): tf.TensorInfo {
  for (const x of [a, b]) {
    if (x.dtype !== 'float32') throw new Error(`matMul on wasm multiplies float32 tensors, not ${x.dtype}`);
  }
  const [m, k] = transposed(a.shape, transposeA);
  const [, n] = transposed(b.shape, transposeB);
  const batch = a.shape.slice(0, -2);
  const count = tf.util.sizeFromShape(batch);
  const aligned = count > 1 && tf.util.arraysEqual(batch, b.shape.slice(0, -2));
  if (aligned && (m < FEW_ROWS || m * k * n < FEW_MULTIPLICATIONS)) {
    const out = backend.makeOutput([...batch, m, n], 'float32');
    const left = { id: idOf(backend, a), shape: [count, ...a.shape.slice(-2)], transpose: transposeA };
    const right = { id: idOf(backend, b), shape: [count, ...b.shape.slice(-2)], transpose: transposeB };
    stockProduct(backend)(left, right, idOf(backend, out));
    return out;
  }
  const temporary: tf.TensorInfo[] = [];
  const turn = (x: tf.TensorInfo) => {
    const turned = swapLastTwo(backend, x);
    temporary.push(turned);
    return turned;
  };
  try {
    return multiplyEach(backend, transposeA ? turn(a) : a, transposeB ? turn(b) : b);
  } finally {
    for (const each of temporary) backend.disposeData(each.dataId);
  }
}

/** Workspace of {@link xnnpackMatMul}: transposed operands, and the packed copy of a right side. */
export function xnnpackMemory(
  _: WasmBackend,
  { a, b }: Given<tf.BatchMatMulInputs>,
  { transposeA, transposeB }: tf.BatchMatMulAttrs,
): KernelMemory {
  const [m, k] = transposed(a.shape, transposeA);
  const [, n] = transposed(b.shape, transposeB);
  const batch = a.shape.slice(0, -2);
  const aligned = tf.util.sizeFromShape(batch) > 1 && tf.util.arraysEqual(batch, b.shape.slice(0, -2));
  if (aligned && (m < FEW_ROWS || m * k * n < FEW_MULTIPLICATIONS)) return {};
  const turned = (x: tf.TensorInfo, isTurned: boolean) => (isTurned ? 4 * tf.util.sizeFromShape(x.shape) : 0);
  return { scratch: turned(a, transposeA) + turned(b, transposeB) + 4 * n * (k + 1) };
}

/** left: [..., M, K], right: [..., K, N] → [..., M, N]. The leading axes broadcast. */
function multiplyEach(backend: WasmBackend, left: tf.TensorInfo, right: tf.TensorInfo): tf.TensorInfo {
  const [m, k] = left.shape.slice(-2) as [number, number];
  const n = right.shape.at(-1)!;
  const leftBatch = left.shape.slice(0, -2);
  const rightBatch = right.shape.slice(0, -2);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(leftBatch, rightBatch);
  const count = tf.util.sizeFromShape(batch);
  const out = backend.makeOutput([...batch, m, n], 'float32');
  if (count * m * k * n === 0) {
    backend.typedArrayFromHeap(out).fill(0);
    return out;
  }
  const folds = tf.util.sizeFromShape(rightBatch) === 1;
  const [products, rows] = folds ? [1, count * m] : [count, m];
  const leftAt = broadcastIndex(leftBatch, batch);
  const rightAt = broadcastIndex(rightBatch, batch);
  const multiply = stockProduct(backend);
  const memory = guardMemory(backend);
  try {
    for (let i = 0; i < products; i++) {
      const l = view(backend, left, leftAt(i) * m * k, rows * k);
      const r = folds ? whole(backend, right, n) : view(backend, right, rightAt(i) * k * n, k * n);
      const o = view(backend, out, i * m * n, rows * n);
      try {
        memory.pack(r.id, n, 4 * n * (k + 1));
        multiply({ id: l.id, shape: [1, rows, k] }, { id: r.id, shape: [1, k, n] }, o.id);
      } finally {
        for (const each of [l, r, o]) each.free();
      }
    }
  } catch (cause) {
    backend.disposeData(out.dataId);
    throw cause;
  }
  return out;
}

/**
 * A right side with an id of its own, so that XNNPACK packs a weight once and not for every call. A
 * tensor that is already packed with another number of columns (a reshape shares the number) gets a view.
 */
function whole(backend: WasmBackend, x: tf.TensorInfo, columns: number) {
  const id = idOf(backend, x);
  const packed = guardMemory(backend).packedColumns(id);
  if (packed !== undefined && packed !== columns) return view(backend, x, 0, tf.util.sizeFromShape(x.shape));
  return { id, free() {} };
}

/** The last two axes, as they are after an optional transposition. */
function transposed(shape: number[], transpose: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transpose ? [columns, rows] : [rows, columns];
}

function swapLastTwo(backend: WasmBackend, x: tf.TensorInfo): tf.TensorInfo {
  const perm = x.shape.map((_, axis) => axis);
  perm.push(...perm.splice(-2).reverse());
  return runKernel(backend, tf.Transpose, { x }, { perm });
}

/** An operand for the module: its id, its shape, [B, rows, columns], and whether it is transposed. */
interface Operand {
  readonly id: number;
  readonly shape: number[];
  readonly transpose?: boolean;
}

type Product = (a: Operand, b: Operand, out: number) => void;

const products = new WeakMap<WasmBackend, Product>();

/** The module's own matrix multiplication. */
function stockProduct(backend: WasmBackend): Product {
  const known = products.get(backend);
  if (known !== undefined) return known;
  const operand = ['number', 'array', 'number'];
  const call = backend.wasm.cwrap(tf.BatchMatMul, null, [...operand, ...operand, 'number', 'number', 'number']);
  const bytes = (shape: number[]) => new Uint8Array(new Int32Array(shape).buffer);
  const product: Product = (a, b, out) =>
    call(a.id, bytes(a.shape), 3, b.id, bytes(b.shape), 3, Number(a.transpose ?? 0), Number(b.transpose ?? 0), out);
  products.set(backend, product);
  return product;
}
