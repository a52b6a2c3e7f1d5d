import * as tf from '@tensorflow/tfjs-core';
import type { WasmBackend } from './backend.js';
import { type Given, registerWasmKernel } from './register.js';

/**
 * One-hot rows in any dtype; tfjs's own kernel writes the bits of an int32 for every dtype. An index outside
 * [0, depth) gives a row of `offValue`.
 *
 * indices: [...] → [..., depth]
 */
function oneHot(
  backend: WasmBackend,
  { indices }: Given<tf.OneHotInputs>,
  { depth, onValue, offValue, dtype }: tf.OneHotAttrs,
): tf.TensorInfo {
  const out = backend.makeOutput([...indices.shape, depth], dtype);
  const rows = backend.typedArrayFromHeap(out).fill(offValue);
  backend.typedArrayFromHeap(indices).forEach((index, row) => {
    if (index >= 0 && index < depth) rows[row * depth + index] = onValue;
  });
  return out;
}

/** Replaces tfjs's own kernel. */
export function registerOneHot(): void {
  registerWasmKernel(tf.OneHot, oneHot);
}
