import * as tf from '@tensorflow/tfjs-core';
import type { WasmBackend } from './backend.js';
import { type Given, registerWasmKernel } from './register.js';

/**
 * `out[ids[i]] += x[i]`: the gradient of `gather`, which tfjs has no wasm kernel for. Ids outside [0, numSegments) are
 * dropped, as on cpu.
 *
 * x: [n, ...], segmentIds: [n] → [numSegments, ...]
 */
function unsortedSegmentSum(
  backend: WasmBackend,
  { x, segmentIds }: Given<tf.UnsortedSegmentSumInputs>,
  { numSegments }: tf.UnsortedSegmentSumAttrs,
): tf.TensorInfo {
  const rowShape = x.shape.slice(segmentIds.shape.length);
  const out = backend.makeOutput([numSegments, ...rowShape], x.dtype);
  const sums = backend.typedArrayFromHeap(out).fill(0);
  const values = backend.typedArrayFromHeap(x);
  const ids = backend.typedArrayFromHeap(segmentIds);
  const width = tf.util.sizeFromShape(rowShape);
  for (let i = 0; i < ids.length; i++) {
    const segment = ids[i]!;
    if (segment < 0 || segment >= numSegments) continue;
    const from = i * width;
    const to = segment * width;
    for (let j = 0; j < width; j++) sums[to + j]! += values[from + j]!;
  }
  return out;
}

/** Adds the kernel. */
export function registerUnsortedSegmentSum(): void {
  registerWasmKernel(tf.UnsortedSegmentSum, unsortedSegmentSum);
}
