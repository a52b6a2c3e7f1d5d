import * as tf from '@tensorflow/tfjs-core';
import type { WasmBackend } from './backend.js';
import { idOf, runKernel, view } from './backend.js';
import { type Given, registerWasmKernel } from './register.js';

/** Multiplies [1, M, K] by [1, K, N] into [1, M, N]; all are ids inside the module. */
type Multiply = (a: number, aShape: Uint8Array, b: number, bShape: Uint8Array, out: number) => void;

const multiplyOf = new WeakMap<WasmBackend, Multiply>();

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
  const left = transposeA ? swapLastTwo(backend, a) : a;
  const right = transposeB ? swapLastTwo(backend, b) : b;
  const out = multiplyBatches(backend, left, right);
  if (left !== a) backend.disposeData(left.dataId);
  if (right !== b) backend.disposeData(right.dataId);
  return out;
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
  const multiply = multiplyFor(backend);
  if (tf.util.sizeFromShape(rightBatch) === 1 && tf.util.sizeFromShape(leftBatch) === count) {
    multiply(idOf(backend, left), bytes([1, count * m, k]), idOf(backend, right), bytes([1, k, n]), idOf(backend, out));
    return out;
  }
  const leftShape = bytes([1, m, k]);
  const rightShape = bytes([1, k, n]);
  const leftAt = broadcastIndex(leftBatch, batch);
  const rightAt = broadcastIndex(rightBatch, batch);
  for (let i = 0; i < count; i++) {
    const l = view(backend, left, leftAt(i) * m * k, m * k);
    const r = view(backend, right, rightAt(i) * k * n, k * n);
    const o = view(backend, out, i * m * n, m * n);
    multiply(l.id, leftShape, r.id, rightShape, o.id);
    for (const each of [l, r, o]) each.free();
  }
  return out;
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

function multiplyFor(backend: WasmBackend): Multiply {
  let multiply = multiplyOf.get(backend);
  if (multiply === undefined) {
    const call = backend.wasm.cwrap(tf.BatchMatMul, null, [
      'number', 'array', 'number', 'number', 'array', 'number', 'number', 'number', 'number',
    ]);
    multiply = (a, aShape, b, bShape, out) => call(a, aShape, 3, b, bShape, 3, 0, 0, out);
    multiplyOf.set(backend, multiply);
  }
  return multiply;
}

function bytes(shape: number[]): Uint8Array {
  return new Uint8Array(new Int32Array(shape).buffer);
}

/** Replaces tfjs's own kernel. */
export function registerMatMul(): void {
  registerWasmKernel(tf.BatchMatMul, matMul);
}
