import * as tf from '@tensorflow/tfjs-core';
import type { KernelMemory } from '../../src/nn/kernels/memory-info.js';
import { addressOf, runKernel, type WasmBackend } from './backend.js';
import { computed, inRanges, threadsOf } from './parallel.js';
import type { Given } from './register.js';
import { dense, multiply, multiplyParts, transposedDense } from './simd/multiply.js';
import { productScratch } from './simd/product.js';

/**
 * Batched matrix multiplication by our own module. tfjs's kernel calls XNNPACK only for one matrix times one matrix with nothing
 * transposed, and keeps a copy of every right side; everything else (attention, every gradient of a matmul) runs a scalar loop
 * at a tenth of the speed. Here a transposed right side is read in place, and only a transposed left side is copied.
 *
 * a: [..., M, K] ([..., K, M] with transposeA), b: [..., K, N] ([..., N, K] with transposeB) → [..., M, N]
 */
export function matMul(
  backend: WasmBackend,
  { a, b }: Given<tf.BatchMatMulInputs>,
  { transposeA, transposeB }: tf.BatchMatMulAttrs,
): tf.TensorInfo {
  for (const x of [a, b]) {
    if (x.dtype !== 'float32') throw new Error(`matMul on wasm multiplies float32 tensors, not ${x.dtype}`);
  }
  if (!transposeA) return multiplyEach(backend, a, b, transposeB);
  const turned = swapLastTwo(backend, a);
  try {
    return multiplyEach(backend, turned, b, transposeB);
  } finally {
    backend.disposeData(turned.dataId);
  }
}

export function matMulMemory(
  backend: WasmBackend,
  { a }: Given<tf.BatchMatMulInputs>,
  { transposeA }: tf.BatchMatMulAttrs,
): KernelMemory {
  const scratch = threadsOf(backend) * productScratch(a.shape.at(transposeA ? -2 : -1)!);
  return { scratch: scratch + (transposeA ? 4 * tf.util.sizeFromShape(a.shape) : 0) };
}

/** left: [..., M, K], right: [..., K, N] or [..., N, K] → [..., M, N]. The leading axes broadcast. */
function multiplyEach(
  backend: WasmBackend,
  left: tf.TensorInfo,
  right: tf.TensorInfo,
  transposeRight: boolean,
): tf.TensorInfo {
  const [m, k] = left.shape.slice(-2) as [number, number];
  const n = right.shape.at(transposeRight ? -2 : -1)!;
  const leftBatch = left.shape.slice(0, -2);
  const rightBatch = right.shape.slice(0, -2);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(leftBatch, rightBatch);
  const count = tf.util.sizeFromShape(batch);
  const folds = tf.util.sizeFromShape(rightBatch) === 1;
  const [products, rows] = folds ? [1, count * m] : [count, m];
  const leftAt = broadcastIndex(leftBatch, batch);
  const rightAt = broadcastIndex(rightBatch, batch);
  const [from, by] = [left, right].map((x) => addressOf(backend, x)) as [number, number];
  return computed(backend, [...batch, m, n], productScratch(k), (to) => {
    const operands = (i: number) => {
      const address = by + 4 * rightAt(i) * k * n;
      return [
        dense(from + 4 * leftAt(i) * m * k, k),
        transposeRight ? transposedDense(address, k) : dense(address, n),
        dense(to + 4 * i * m * n, n),
        [rows, n, k],
      ] as const;
    };
    if (products === 1) return multiplyParts(backend, ...operands(0), 0);
    return inRanges(backend, products, 1, products * m * n * k, (first, end) =>
      Array.from({ length: end - first }, (_, i) => multiply(...operands(first + i))).flat(),
    );
  });
}

function swapLastTwo(backend: WasmBackend, x: tf.TensorInfo): tf.TensorInfo {
  const perm = x.shape.map((_, axis) => axis);
  perm.push(...perm.splice(-2).reverse());
  return runKernel(backend, tf.Transpose, { x }, { perm });
}

/** From an index into the flattened broadcast batch to the index into an operand's own flattened batch. */
export function broadcastIndex(own: number[], batch: number[]): (index: number) => number {
  if (tf.util.sizeFromShape(own) === tf.util.sizeFromShape(batch)) return (index) => index;
  const padded = [...Array<number>(batch.length - own.length).fill(1), ...own];
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
