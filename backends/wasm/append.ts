import * as tf from '@tensorflow/tfjs-core';
import type { AppendInputs } from '../../src/nn/kernels/kernel.js';
import { addressOf, runKernel, type WasmBackend } from './backend.js';
import { guardMemory } from './memory.js';

/** Rows for which there is room behind those of a new tensor: the rest is copied once in so many rows. */
const ROOM = 64;

/**
 * Rows behind others. The result begins where `past` does if there is still room behind that: then only the new rows are copied, and
 * the memory is both tensors' until neither lives. (As slices of Go do it, but that a second tensor behind the same `past` gets a copy.)
 *
 * past: [B, N, D], rows: [B, M, D] → [B, N + M, D]
 */
export function append(backend: WasmBackend, { past, rows }: AppendInputs): tf.TensorInfo {
  const [b, n, d] = past.shape as [number, number, number];
  const count = n + rows.shape[1]!;
  // Samples lie one behind the other, so that only the last could grow.
  if (b !== 1) return runKernel(backend, tf.Concat, [past, rows] as unknown as tf.NamedTensorInfoMap, { axis: 1 });
  const memory = guardMemory(backend);
  const [before, after] = [4 * n * d, 4 * count * d];
  let address = addressOf(backend, past);
  const inPlace = memory.extend(address, before, after);
  if (!inPlace) address = memory.allocate(after, 4 * ROOM * Math.ceil(count / ROOM) * d);
  const out = backend.makeOutput([1, count, d], 'float32', address);
  const to = backend.typedArrayFromHeap(out);
  if (!inPlace) to.set(backend.typedArrayFromHeap(past));
  to.set(backend.typedArrayFromHeap(rows), n * d);
  return out;
}
