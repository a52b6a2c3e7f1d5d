import * as tf from '@tensorflow/tfjs-core';
import type { KernelMemory } from '../../src/nn/kernels/memory-info.js';
import { addressOf, type WasmBackend } from './backend.js';
import { computed, inRanges, LANES, LINE } from './parallel.js';
import { describeKernel, type Given, registerWasmKernel } from './register.js';

/** Cost of a number, in multiplications. */
const WORK = 2;

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

/**
 * Sums over the first axes, as the gradients of biases are, column by column without a copy; other sums are tfjs's.
 *
 * x: [..., columns] → [columns]
 */
export function registerSum(): void {
  const others = tf.getKernel(tf.Sum, 'wasm').kernelFunc;
  registerWasmKernel<Given<tf.SumInputs>, tf.SumAttrs>(
    tf.Sum,
    (backend, { x }, attrs) => {
      const { axis, keepDims } = attrs;
      const axes = tf.util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
      const columns = tf.util.sizeFromShape(x.shape.slice(axes.length));
      const isFirst = axes.length < x.shape.length && axes.every((own, i) => own === i);
      if (x.dtype !== 'float32' || !isFirst || columns % LANES !== 0) {
        return others({ inputs: { x }, backend, attrs: attrs as unknown as tf.NamedAttrMap });
      }
      const rows = tf.util.sizeFromShape(x.shape.slice(0, axes.length));
      const from = addressOf(backend, x);
      const shape = [...(keepDims ? axes.map(() => 1) : []), ...x.shape.slice(axes.length)];
      return computed(backend, shape, 0, (out) =>
        inRanges(backend, columns, LINE, WORK * rows * columns, (first, end) => [
          ['columnSums', from + 4 * first, out + 4 * first, rows, 4 * columns, end - first],
        ]),
      );
    },
    reductionMemory,
  );
}
