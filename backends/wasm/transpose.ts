import * as tf from '@tensorflow/tfjs-core';
import { addressOf, type WasmBackend } from './backend.js';
import { computed, inRanges, LANES, LINE } from './parallel.js';
import { type Given, registerWasmKernel } from './register.js';
import type { Call } from './threads/pool.js';

/** Cost of a number, in multiplications. */
const WORK = 8;

/** Matrices in a row of memory whose rows and columns are exchanged. */
interface Matrices {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** Numbers that stay together. */
  readonly run: number;
}

/**
 * Permutes axes. Matrices whose rows and columns are exchanged, alone or in a batch, of numbers or of runs of numbers, are
 * transposed in vectors; tfjs's kernel, which does the rest, moves single numbers.
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
  if (!matrices || (matrices.run > 1 && matrices.run % LANES !== 0)) {
    return others({ inputs: { x }, backend, attrs: { perm } }) as tf.TensorInfo;
  }
  const { count, rows, columns, run } = matrices;
  const size = rows * columns * run;
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
    const runsOf = (i: number): Call => [
      'transposeRuns',
      from + 4 * i * size,
      out + 4 * i * size,
      rows,
      columns,
      4 * run,
    ];
    if (count === 1 && run === 1) {
      return inRanges(backend, columns, LINE, WORK * size, (first, end) => [columnsOf(0, first, end)]);
    }
    return inRanges(backend, count, 1, WORK * count * size, (first, end) =>
      Array.from({ length: end - first }, (_, i) => (run > 1 ? runsOf(first + i) : columnsOf(first + i, 0, columns))),
    );
  });
}

/** The matrices that a permutation transposes; undefined if it does anything else. */
export function transposedMatrices(shape: readonly number[], perm: readonly number[]): Matrices | undefined {
  // Axes that stay side by side are one; those of length 1 do not matter.
  const longer = [...shape.keys()].filter((axis) => shape[axis] !== 1);
  const groups: number[][] = [];
  for (const axis of perm.filter((own) => longer.includes(own))) {
    const last = groups.at(-1);
    if (last && longer.indexOf(axis) === longer.indexOf(last.at(-1)!) + 1) last.push(axis);
    else groups.push([axis]);
  }
  const first = longer[0];
  const batch = groups[0]?.[0] === first ? groups.shift() : undefined;
  const run = groups.at(-1)?.at(-1) === longer.at(-1) ? groups.pop() : undefined;
  const [columns, rows] = groups;
  if (groups.length !== 2 || rows![0]! > columns![0]!) return undefined;
  const size = (axes: readonly number[] = []) => axes.reduce((product, axis) => product * shape[axis]!, 1);
  return { count: size(batch), rows: size(rows), columns: size(columns), run: size(run) };
}

/** Replaces tfjs's kernel for matrices. */
export function registerTranspose(): void {
  const others = tf.getKernel(tf.Transpose, 'wasm').kernelFunc;
  registerWasmKernel<Given<tf.TransposeInputs>, tf.TransposeAttrs>(tf.Transpose, (backend, inputs, attrs) =>
    transpose(backend, inputs, attrs, others),
  );
}
