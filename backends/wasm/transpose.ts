import * as tf from '@tensorflow/tfjs-core';
import { addressOf, type WasmBackend } from './backend.js';
import { computed, inRanges } from './parallel.js';
import { type Given, registerWasmKernel } from './register.js';
import type { Call } from './threads/pool.js';

/** Cost of a number, in multiplications. */
const WORK = 8;
/** Columns of a part start at its multiples: a line of the cache. */
const LINE = 16;

/** Matrices in a row of memory whose rows and columns are exchanged. */
interface Matrices {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Permutes axes. Matrices whose rows and columns are exchanged, alone or in a batch, are transposed in blocks of four by four
 * numbers; tfjs's kernel, which does the rest, moves single numbers.
 *
 * x: [...] → its axes in the order of `perm`
 */
function transpose(
  backend: WasmBackend,
  { x }: Given<tf.TransposeInputs>,
  { perm }: tf.TransposeAttrs,
  others: tf.KernelFunc,
): tf.TensorInfo {
  const matrices = x.dtype === 'float32' ? transposedMatrices(x.shape, perm) : undefined;
  if (!matrices) return others({ inputs: { x }, backend, attrs: { perm } }) as tf.TensorInfo;
  const { count, rows, columns } = matrices;
  const size = rows * columns;
  const from = addressOf(backend, x);
  const shape = perm.map((axis) => x.shape[axis]!);
  return computed(backend, shape, 0, (out) => {
    const columnsOf = (i: number, first: number, end: number): Call => [
      'transpose',
      from + 4 * (i * size + first),
      4 * columns,
      out + 4 * (i * size + first * rows),
      4 * rows,
      rows,
      end - first,
    ];
    if (count === 1) {
      return inRanges(backend, columns, LINE, WORK * size, (first, end) => [columnsOf(0, first, end)]);
    }
    return inRanges(backend, count, 1, WORK * count * size, (first, end) =>
      Array.from({ length: end - first }, (_, i) => columnsOf(first + i, 0, columns)),
    );
  });
}

/** The matrices that a permutation transposes; undefined if it does anything else. */
export function transposedMatrices(shape: readonly number[], perm: readonly number[]): Matrices | undefined {
  // Axes that stay side by side are one; those of length 1 do not matter.
  const groups: number[][] = [];
  for (const axis of perm.filter((own) => shape[own] !== 1)) {
    const last = groups.at(-1);
    const next = last && shape.findIndex((length, own) => own > last.at(-1)! && length !== 1);
    if (next === axis) last!.push(axis);
    else groups.push([axis]);
  }
  const starts = groups.map(([first]) => first!);
  const order = [...starts].sort((a, b) => a - b);
  const size = (start: number) => groups[starts.indexOf(start)]!.reduce((product, axis) => product * shape[axis]!, 1);
  const batch = groups.length === 3 && starts[0] === order[0] ? [order.shift()!] : [];
  const [rows, columns] = order;
  if (order.length !== 2 || starts.at(-1) !== rows || starts.at(-2) !== columns) return undefined;
  return { count: batch.reduce((_, axis) => size(axis), 1), rows: size(rows!), columns: size(columns!) };
}

/** Replaces tfjs's kernel for matrices. */
export function registerTranspose(): void {
  const others = tf.getKernel(tf.Transpose, 'wasm').kernelFunc;
  registerWasmKernel<Given<tf.TransposeInputs>, tf.TransposeAttrs>(tf.Transpose, (backend, inputs, attrs) =>
    transpose(backend, inputs, attrs, others),
  );
}
