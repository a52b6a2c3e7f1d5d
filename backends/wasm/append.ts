import * as tf from '@tensorflow/tfjs-core';
import type { AppendInputs } from '../../src/nn/kernels/declarations.js';
import type { KernelMemory } from '../../src/nn/kernels/memory-info.js';
import { addressOf, runKernel, type WasmBackend } from './backend.js';
import { guardMemory } from './memory.js';

/** Spare rows of a new tensor: the cache is copied once in this many appended rows. */
const GROWTH = 16;

/** past: [B, N, D], rows: [B, M, D] → [B, N + M, D] */
export function append(backend: WasmBackend, { past, rows }: AppendInputs): tf.TensorInfo {
  // Samples are contiguous, so only the last could grow in place.
  if (past.shape[0] !== 1)
    return runKernel(backend, tf.Concat, [past, rows] as unknown as tf.NamedTensorInfoMap, { axis: 1 });
  return grow(backend, past, addressOf(backend, rows), rows.shape[1]!);
}

export function appendMemory(_: WasmBackend, { past, rows }: AppendInputs): KernelMemory {
  const [b, n, d] = past.shape as [number, number, number];
  return b === 1 ? { spare: spareBytes(n + rows.shape[1]!, d) } : {};
}

/** Bytes of the spare rows. */
export function spareBytes(rows: number, d: number): number {
  return 4 * (GROWTH * Math.ceil(rows / GROWTH) - rows) * d;
}

/**
 * Appends rows to a tensor. If the memory of `past` has spare capacity, the new rows are written behind its last row, and the
 * result uses the same memory, which is freed when both tensors are disposed of. Otherwise everything is copied to new
 * memory with spare capacity. Values of `past` never change: of two appends to the same `past`, the second copies.
 *
 * @param past [1, N, D]
 * @param rows address of M rows of D floats
 * @returns    [1, N + M, D]
 */
export function grow(backend: WasmBackend, past: tf.TensorInfo, rows: number, m: number): tf.TensorInfo {
  const [, n, d] = past.shape as [number, number, number];
  const memory = guardMemory(backend);
  const [before, after] = [4 * n * d, 4 * (n + m) * d];
  let address = addressOf(backend, past);
  const inPlace = memory.extend(address, before, after);
  if (!inPlace) address = memory.allocate(after, after + spareBytes(n + m, d));
  const out = backend.makeOutput([1, n + m, d], 'float32', address);
  const heap = new Uint8Array(backend.wasm.asm.memory.buffer);
  if (!inPlace) heap.copyWithin(address, addressOf(backend, past), addressOf(backend, past) + before);
  heap.copyWithin(address + before, rows, rows + 4 * m * d);
  return out;
}
