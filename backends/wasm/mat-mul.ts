import * as tf from '@tensorflow/tfjs-core';
import type { WasmBackend } from './backend.js';
import { idOf, runKernel, view } from './backend.js';
import { guardMemory } from './memory.js';
import { type Given, registerWasmKernel } from './register.js';

/** Multiplies tensor a, [M, K], by tensor b, [K, N], into tensor out, [M, N]. Tensors go by their numbers in the module. */
type Multiply = (a: number, b: number, out: number, m: number, k: number, n: number) => void;

const multipliers = new WeakMap<WasmBackend, Multiply>();

/**
 * Batched matrix multiplication that always takes the fast path. tfjs's own kernel calls XNNPACK only for one matrix times
 * one matrix with nothing transposed; everything else (attention, every gradient of a matmul) runs a scalar loop at a
 * tenth of the speed. So: transpose first, fold the batch into rows where all of it meets the same right side, and
 * otherwise go matrix by matrix through views that share the operands' memory.
 *
 * a: [..., M, K] ([..., K, M] with transposeA); b: [..., K, N] ([..., N, K] with transposeB); result: [..., M, N].
 */
function matMul(
  backend: WasmBackend,
  { a, b }: Given<tf.BatchMatMulInputs>,
  { transposeA, transposeB }: tf.BatchMatMulAttrs,
): tf.TensorInfo {
  for (const x of [a, b]) {
    if (x.dtype !== 'float32') throw new Error(`matMul on wasm multiplies float32 tensors, not ${x.dtype}`);
  }
  const temporary: tf.TensorInfo[] = [];
  const turned = (x: tf.TensorInfo) => {
    temporary.push(swapLastTwo(backend, x));
    return temporary.at(-1)!;
  };
  try {
    return multiplyBatches(backend, transposeA ? turned(a) : a, transposeB ? turned(b) : b);
  } finally {
    for (const each of temporary) backend.disposeData(each.dataId);
  }
}

/** left: [..., M, K], right: [..., K, N] → [..., M, N]. The leading axes broadcast. */
function multiplyBatches(backend: WasmBackend, left: tf.TensorInfo, right: tf.TensorInfo): tf.TensorInfo {
  const [m, k] = left.shape.slice(-2) as [number, number];
  const n = right.shape.at(-1)!;
  const leftBatch = left.shape.slice(0, -2);
  const rightBatch = right.shape.slice(0, -2);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(leftBatch, rightBatch);
  const out = backend.makeOutput([...batch, m, n], 'float32');
  const count = tf.util.sizeFromShape(batch);
  if (count * m * n === 0) return out;
  if (k === 0) {
    backend.typedArrayFromHeap(out).fill(0);
    return out;
  }
  const folds = tf.util.sizeFromShape(rightBatch) === 1 && tf.util.sizeFromShape(leftBatch) === count;
  const [products, rows] = folds ? [1, count * m] : [count, m];
  const leftAt = broadcastIndex(leftBatch, batch);
  const rightAt = broadcastIndex(rightBatch, batch);
  const multiply = multiplierOf(backend);
  try {
    for (let i = 0; i < products; i++) {
      const l = view(backend, left, leftAt(i) * m * k, rows * k);
      const r = folds ? whole(backend, right, n) : view(backend, right, rightAt(i) * k * n, k * n);
      const o = view(backend, out, i * m * n, rows * n);
      try {
        multiply(l.id, r.id, o.id, rows, k, n);
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
 * A right side under its own number, so that XNNPACK packs it once and not for every call: what makes a weight fast. A
 * tensor that is already packed with another number of columns (a reshape shares the number) gets a view.
 */
function whole(backend: WasmBackend, x: tf.TensorInfo, columns: number) {
  const id = idOf(backend, x);
  const packed = guardMemory(backend).packedColumns(id);
  if (packed !== undefined && packed !== columns) return view(backend, x, 0, tf.util.sizeFromShape(x.shape));
  return { id, free() {} };
}

function swapLastTwo(backend: WasmBackend, x: tf.TensorInfo): tf.TensorInfo {
  const perm = x.shape.map((_, axis) => axis);
  perm.push(...perm.splice(-2).reverse());
  return runKernel(backend, tf.Transpose, { x }, { perm });
}

/** From an index into the flattened broadcast batch to the index into an operand's own flattened batch. */
function broadcastIndex(own: number[], batch: number[]): (index: number) => number {
  const padded = [...Array<number>(batch.length - own.length).fill(1), ...own];
  if (tf.util.sizeFromShape(own) === tf.util.sizeFromShape(batch)) return (index) => index;
  return (index) => {
    let rest = index;
    let at = 0;
    let stride = 1;
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      const coordinate = rest % batch[axis]!;
      rest = Math.floor(rest / batch[axis]!);
      if (padded[axis] !== 1) at += coordinate * stride;
      stride *= padded[axis]!;
    }
    return at;
  };
}

function multiplierOf(backend: WasmBackend): Multiply {
  const known = multipliers.get(backend);
  if (known !== undefined) return known;
  const parameters = ['number', 'array', 'number', 'number', 'array', 'number', 'number', 'number', 'number'];
  const call = backend.wasm.cwrap(tf.BatchMatMul, null, parameters);
  const memory = guardMemory(backend);
  const multiply: Multiply = (a, b, out, m, k, n) => {
    memory.pack(b, n, 4 * n * (k + 1));
    call(a, bytes([1, m, k]), 3, b, bytes([1, k, n]), 3, 0, 0, out);
  };
  multipliers.set(backend, multiply);
  return multiply;
}

/** A shape as the module reads it. */
function bytes(shape: number[]): Uint8Array {
  return new Uint8Array(new Int32Array(shape).buffer);
}

/** Replaces tfjs's own kernel. */
export function registerMatMul(): void {
  registerWasmKernel(tf.BatchMatMul, matMul);
}
