import * as tf from '@tensorflow/tfjs-core';
import type { KernelMemory } from '../../src/nn/kernels/memory-info.js';
import type { WasmBackend } from './backend.js';
import { describeKernel, type Given } from './register.js';

/** tfjs's own reductions transpose a copy of the input, unless the axes are its last. */
function reductionMemory(
  _: WasmBackend,
  { x }: Given<{ x: tf.TensorInfo }>,
  { axis }: { axis: number | number[] },
): KernelMemory {
  const axes = tf.util.parseAxisParam(axis, x.shape);
  if (tf.backend_util.axesAreInnerMostDims(axes, x.shape.length)) return {};
  return { scratch: tf.util.sizeFromShape(x.shape) * tf.util.bytesPerElement(x.dtype) };
}

/** Declares their workspace. */
export function describeReductions(): void {
  for (const name of [tf.ArgMax, tf.Max, tf.Mean, tf.Sum]) describeKernel(name, reductionMemory);
}
