import * as tf from '@tensorflow/tfjs-core';
import type { WasmBackend } from './backend.js';
import { type Given, registerWasmKernel } from './register.js';

/** Minimum length of runs that are copied as a block. Measured. */
const MIN_RUN = 16;

/**
 * Gathers slices along an axis, by blocks. tfjs's kernel computes the address of every single number.
 *
 * x: [...], indices: [...], int32 → x's shape with that of the indices in place of the axis
 *
 * @throws Error for an index out of range
 */
function gather(
  backend: WasmBackend,
  { x, indices }: Given<tf.GatherV2Inputs>,
  { axis, batchDims }: tf.GatherV2Attrs,
): tf.TensorInfo {
  const [along] = tf.util.parseAxisParam(axis, x.shape) as [number];
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
    tf.backend_util.segment_util.collectGatherOpShapeInfo(x as tf.Tensor, indices as tf.Tensor, along, batchDims);
  const wanted = backend.typedArrayFromHeap(indices);
  for (const index of wanted) {
    if (index < 0 || index >= dimSize) throw new Error(`gather: ${index} is not in [0, ${dimSize - 1}]`);
  }
  const out = backend.makeOutput(outputShape, x.dtype);
  const [from, to] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(out)];
  const each = wanted.length / batchSize;
  for (let at = 0; at < to.length; at += sliceSize) {
    const i = at / sliceSize;
    const outer = Math.floor(i / each);
    const index = wanted[Math.floor(outer / outerSize) * each + (i % each)]!;
    const start = (outer * dimSize + index) * sliceSize;
    if (sliceSize >= MIN_RUN) to.set(from.subarray(start, start + sliceSize), at);
    else for (let j = 0; j < sliceSize; j++) to[at + j] = from[start + j]!;
  }
  return out;
}

/** Replaces tfjs's own kernel. */
export function registerGather(): void {
  registerWasmKernel(tf.GatherV2, gather);
}
