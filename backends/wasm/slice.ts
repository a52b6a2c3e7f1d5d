import * as tf from '@tensorflow/tfjs-core';
import type { WasmBackend } from './backend.js';
import { type Given, registerWasmKernel } from './register.js';

/**
 * A part of a tensor. tfjs's own kernel copies the whole of it out of the module's memory first, for each part.
 *
 * x: [...], begin and size for each axis → [...size]
 */
function slice(backend: WasmBackend, { x }: Given<tf.SliceInputs>, attrs: tf.SliceAttrs): tf.TensorInfo {
  const [begin, size] = tf.slice_util.parseSliceParams(x as tf.Tensor, attrs.begin, attrs.size);
  return part(backend, x, begin, size);
}

/** Consecutive parts of a tensor along an axis. */
function splitV(
  backend: WasmBackend,
  { x }: Given<tf.SplitVInputs>,
  { numOrSizeSplits, axis }: tf.SplitVAttrs,
): tf.TensorInfo[] {
  const [along] = tf.util.parseAxisParam(axis, x.shape) as [number];
  const begin = x.shape.map(() => 0);
  return tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, along).map((length) => {
    const size = x.shape.map((whole, i) => (i === along ? length : whole));
    const result = part(backend, x, begin, size);
    begin[along]! += length;
    return result;
  });
}

/** The parts of length 1 along an axis, without that axis. */
function unpack(backend: WasmBackend, { value }: Given<tf.UnpackInputs>, { axis }: tf.UnpackAttrs): tf.TensorInfo[] {
  const [along] = tf.util.parseAxisParam(axis, value.shape) as [number];
  const shape = value.shape.toSpliced(along, 1);
  const size = value.shape.with(along, 1);
  const begin = value.shape.map(() => 0);
  return Array.from({ length: value.shape[along]! }, (_, i) => ({
    ...part(backend, value, begin.with(along, i), size),
    shape,
  }));
}

function part(backend: WasmBackend, x: tf.TensorInfo, begin: number[], size: number[]): tf.TensorInfo {
  const out = backend.makeOutput(size, x.dtype);
  // Trailing axes that are taken completely are contiguous with the axis before them.
  let axis = size.length - 1;
  while (axis > 0 && size[axis] === x.shape[axis]) axis--;
  const run = tf.util.sizeFromShape(size.slice(axis));
  const strides = [...tf.util.computeStrides(x.shape), 1];
  const from = backend.typedArrayFromHeap(x);
  const to = backend.typedArrayFromHeap(out);
  for (let at = 0; at < to.length; at += run) {
    let rest = at / run;
    let start = begin[axis]! * strides[axis]!;
    for (let i = axis - 1; i >= 0; i--) {
      start += (begin[i]! + (rest % size[i]!)) * strides[i]!;
      rest = Math.floor(rest / size[i]!);
    }
    to.set(from.subarray(start, start + run), at);
  }
  return out;
}

/** Replaces tfjs's own kernels. */
export function registerSlices(): void {
  registerWasmKernel(tf.Slice, slice);
  registerWasmKernel(tf.SplitV, splitV);
  registerWasmKernel(tf.Unpack, unpack);
}
