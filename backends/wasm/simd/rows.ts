/**
 * Products of a few rows, where packing the right side does not pay off. They are limited by the memory bandwidth, which is
 * highest for sequential reads.
 */
import {
  type Code,
  call,
  type Func,
  f32,
  f32x4,
  func,
  i32,
  type Local,
  loop,
  type MultiplyAdd,
  repeatWhile,
} from './assembler.js';
import { callTile, start, TILE_COLUMNS } from './tile.js';

/**
 * `out[R, N] = left[R, K] · right[K, N] (+ bias[N])`, with the sums kept in the result: addresses and strides in bytes; no bias
 * where it is 0.
 *
 * streamRxD(left, leftStride, right, rightStride, out, outStride, N, K, bias)
 *
 * @param rows  R
 * @param depth rows of the right side that are read side by side
 */
function stream(rows: number, depth: number, callees: readonly Func[], multiplyAdd: MultiplyAdd): Func {
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return func(`stream${rows}x${depth}`, parameters, (p, local) => {
    const [left, leftStride, right, rightStride, out, outStride, n, k, bias] = p;
    const [i, whole, column, bytes, vectors] = [local('i32'), local('i32'), local('i32'), local('i32'), local('i32')];
    const each = <T>(count: number, make: (index: number) => T) =>
      Array.from({ length: count }, (_, index) => make(index));
    const leftRows = each(rows, () => local('i32'));
    const outRows = each(rows, () => local('i32'));
    const rightRows = each(depth, () => local('i32'));
    const factors = each(rows, () => each(depth, () => local('v128')));
    const values = each(depth, () => local('v128'));
    const [sum, one] = [local('v128'), local('f32')];
    const at = (address: Local): Code => i32.add(address.get, column.get);
    const apart = (of: readonly Local[], first: Local, stride: Local): Code[] =>
      of.map((row, index) => row.set(index === 0 ? first.get : i32.add(of[index - 1]!.get, stride.get)));
    const take = (count: number): Code[] => [
      ...factors.flatMap((own, r) => each(count, (d) => own[d]!.set(f32x4.loadSplat(leftRows[r]!.get, 4 * d)))),
      ...apart(rightRows.slice(0, count), right, rightStride),
      loop(
        column,
        i32.const(0),
        vectors.get,
        16,
        ...each(count, (d) => values[d]!.set(f32x4.load(at(rightRows[d]!)))),
        ...outRows.flatMap((row, r) => [
          sum.set(f32x4.load(at(row))),
          ...each(count, (d) => sum.set(multiplyAdd(factors[r]![d]!.get, values[d]!.get, sum.get))),
          f32x4.store(at(row), sum.get),
        ]),
      ),
      repeatWhile(
        i32.lt(column.get, bytes.get),
        ...outRows.flatMap((row, r) => [
          one.set(f32.load(at(row))),
          ...each(count, (d) => {
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
    return [
      call(callees, start, out.get, outStride.get, i32.const(rows), n.get, bias.get),
      ...apart(leftRows, left, leftStride),
      ...apart(outRows, out, outStride),
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

/** Rows of the right side prefetched before tiles read them: at most the associativity of the cache. */
const DEPTH = 8;

/** Cache line size in bytes. */
const LINE_BYTES = 64;

/**
 * `out[M, N] = left[M, K] · right[K, N] (+ bias[N])`, some rows of the right side at a time: addresses and strides in bytes; no
 * bias where it is 0.
 *
 * fewRows(left, leftStride, right, rightStride, out, outStride, M, N, K, bias)
 *
 * @param callees begin the module; among them are the tiles and {@link start}
 */
export function fewRows(callees: readonly Func[], tiles: readonly Func[]): Func {
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return func('fewRows', parameters, (p, local) => {
    const [left, leftStride, right, rightStride, out, outStride, m, n, k, bias] = p;
    const [done, depth, row, column] = [local('i32'), local('i32'), local('i32'), local('i32')];
    const [leftRow, rightRow, outRow] = [local('i32'), local('i32'), local('i32')];
    const [bytes, whole, step, sum] = [local('i32'), local('i32'), local('i32'), local('f32')];
    const at = (address: Local): Code => i32.add(address.get, column.get);
    const rightRows = (...body: Code[]) => [
      rightRow.set(right.get),
      loop(step, i32.const(0), depth.get, 1, ...body, rightRow.advance(rightStride.get)),
    ];
    const fetch = rightRows(loop(column, i32.const(0), bytes.get, LINE_BYTES, sum.set(f32.load(at(rightRow)))));
    /** Goes through the rows of left side and result, some at a time. */
    const rows = (atOnce: number, ...body: Code[]) => [
      leftRow.set(left.get),
      outRow.set(out.get),
      loop(
        row,
        i32.const(0),
        m.get,
        atOnce,
        ...body,
        leftRow.advance(i32.mul(leftStride.get, i32.const(atOnce))),
        outRow.advance(i32.mul(outStride.get, i32.const(atOnce))),
      ),
    ];
    const inTiles = callTile(callees, tiles, i32.sub(m.get, row.get), [
      ...[leftRow.get, leftStride.get, at(right), rightStride.get, depth.get, at(outRow), outStride.get],
    ]);
    const factor = f32.load(i32.add(leftRow.get, i32.shl(step.get, 2)));
    const oneByOne = [
      sum.set(f32.load(at(outRow))),
      ...rightRows(sum.set(f32.add(sum.get, f32.mul(factor, f32.load(at(rightRow)))))),
      f32.store(at(outRow), sum.get),
    ];
    return [
      call(callees, start, out.get, outStride.get, m.get, n.get, bias.get),
      bytes.set(i32.shl(n.get, 2)),
      whole.set(i32.and(bytes.get, i32.const(-4 * TILE_COLUMNS))),
      loop(
        done,
        i32.const(0),
        k.get,
        DEPTH,
        depth.set(i32.min(i32.sub(k.get, done.get), i32.const(DEPTH))),
        ...fetch,
        ...rows(tiles.length, loop(column, i32.const(0), whole.get, 4 * TILE_COLUMNS, inTiles)),
        ...rows(1, loop(column, whole.get, bytes.get, 4, ...oneByOne)),
        left.advance(4 * DEPTH),
        right.advance(i32.mul(rightStride.get, i32.const(DEPTH))),
      ),
    ];
  });
}

/**
 * `out[M, N] = left[M, K] · right[N, K]ᵀ` for K a multiple of 4: addresses and strides in bytes. For few rows: each reads all of
 * the right side.
 *
 * dots(left, leftStride, right, rightStride, out, outStride, M, N, K)
 */
export const dots: Func = func(
  'dots',
  ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  ([left, leftStride, right, rightStride, out, outStride, m, n, k], local) => {
    const [row, column, other, to, at, bytes] = [
      local('i32'),
      local('i32'),
      local('i32'),
      local('i32'),
      local('i32'),
      local('i32'),
    ];
    const sum = local('v128');
    const here = (address: Local): Code => i32.add(address.get, at.get);
    return [
      bytes.set(i32.shl(k.get, 2)),
      loop(
        row,
        i32.const(0),
        m.get,
        1,
        other.set(right.get),
        to.set(out.get),
        loop(
          column,
          i32.const(0),
          n.get,
          1,
          sum.set(f32x4.const(0)),
          loop(
            at,
            i32.const(0),
            bytes.get,
            16,
            sum.set(f32x4.add(sum.get, f32x4.mul(f32x4.load(here(left)), f32x4.load(here(other))))),
          ),
          f32.store(to.get, f32x4.sum(sum)),
          to.advance(4),
          other.advance(rightStride.get),
        ),
        left.advance(leftStride.get),
        out.advance(outStride.get),
      ),
    ];
  },
);
