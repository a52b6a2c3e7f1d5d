/**
 * Products of one or two rows, where packing the right side does not pay off. They are limited by the memory bandwidth, which is
 * highest for sequential reads.
 */
import { call, type Func, func, i32s, type Local, loop, repeatWhile, setMultiples } from './assembler.js';
import { type Code, f32, f32x4, i32, type MultiplyAdd } from './instructions.js';
import { start } from './tile.js';

/**
 * `out[R, N] = left[R, K] · right[K, N] (+ bias[N])`, with the sums kept in the result: addresses and strides in bytes; no bias
 * where it is 0.
 *
 * streamRxD(left, leftStride, right, rightStride, out, outStride, N, K, bias)
 *
 * @param rows  R
 * @param depth rows of the right side that are read in parallel streams
 */
function stream(rows: number, depth: number, callees: readonly Func[], multiplyAdd: MultiplyAdd): Func {
  return func(`stream${rows}x${depth}`, i32s(9), (p, local) => {
    const [left, leftStride, right, rightStride, out, outStride, n, k, bias] = p;
    const [i, whole, column, bytes, vectors] = local('i32', 5);
    const leftRows = local('i32', rows);
    const outRows = local('i32', rows);
    const rightRows = local('i32', depth);
    const factors = leftRows.map(() => local('v128', depth));
    const values = local('v128', depth);
    const [sum, one] = [local('v128'), local('f32')];
    const at = (address: Local): Code => i32.add(address.get, column.get);
    const take = (count: number): Code[] => {
      const steps = Array.from({ length: count }, (_, d) => d);
      return [
        ...factors.flatMap((own, r) => steps.map((d) => own[d]!.set(f32x4.loadSplat(leftRows[r]!.get, 4 * d)))),
        ...setMultiples(rightRows.slice(0, count), right.get, rightStride.get),
        loop(
          column,
          i32.const(0),
          vectors.get,
          16,
          ...steps.map((d) => values[d]!.set(f32x4.load(at(rightRows[d]!)))),
          ...outRows.flatMap((row, r) => [
            sum.set(f32x4.load(at(row))),
            ...steps.map((d) => sum.set(multiplyAdd(factors[r]![d]!.get, values[d]!.get, sum.get))),
            f32x4.store(at(row), sum.get),
          ]),
        ),
        repeatWhile(
          i32.lt(column.get, bytes.get),
          ...outRows.flatMap((row, r) => [
            one.set(f32.load(at(row))),
            ...steps.map((d) => {
              const product = f32.mul(f32.load(leftRows[r]!.get, 4 * d), f32.load(at(rightRows[d]!)));
              return one.set(f32.add(one.get, product));
            }),
            f32.store(at(row), one.get),
          ]),
          column.advance(4),
        ),
        ...leftRows.map((row) => row.advance(4 * count)),
        right.set(i32.add(rightRows[count - 1]!.get, rightStride.get)),
      ];
    };
    return [
      call(callees, start, out.get, outStride.get, i32.const(rows), n.get, bias.get),
      ...setMultiples(leftRows, left.get, leftStride.get),
      ...setMultiples(outRows, out.get, outStride.get),
      bytes.set(i32.shl(n.get, 2)),
      vectors.set(i32.and(bytes.get, i32.const(-16))),
      whole.set(i32.and(k.get, i32.const(-depth))),
      loop(i, i32.const(0), whole.get, depth, ...take(depth)),
      ...(depth > 1 ? [loop(i, whole.get, k.get, 1, ...take(1))] : []),
    ];
  });
}

/** Maximum number of rows for one pass over the right side. */
export const STREAM_ROWS = 2;

/** Number of sums that stay in the first cache beside the row that is read. */
export const NEAR_SUMS = 4608;

/** Rows of the right side read in parallel if the sums do not fit into the first cache, so that each sum is loaded less often. */
const FAR_DEPTH = 4;

/** Which of {@link streams} is for R rows of N columns. */
export function streamFor(rows: number, columns: number): string {
  return `stream${rows}x${rows * columns <= NEAR_SUMS ? 1 : FAR_DEPTH}`;
}

/** @param callees begin the module; among them is {@link start} */
export function streams(callees: readonly Func[], multiplyAdd: MultiplyAdd): Func[] {
  return Array.from({ length: STREAM_ROWS }, (_, i) =>
    [1, FAR_DEPTH].map((depth) => stream(i + 1, depth, callees, multiplyAdd)),
  ).flat();
}
