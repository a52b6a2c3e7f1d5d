/**
 * Products of a few rows, where there is nothing to gain from laying the right side out: it is read once, from one end to the
 * other, and the sums are kept in the result. As fast as memory allows.
 */
import { type Code, choose, type Func, f32, f32x4, func, i32, type Local, loop } from './assembler.js';
import type { MultiplyAdd } from './product.js';

/** Rows that are taken at once. */
export const MOST_ROWS = 4;

/**
 * `out[R, N] = left[R, K] · right[K, N] (+ bias[N])` for N a multiple of 4: addresses and strides in bytes, all rows without gaps
 * but those of the right side.
 *
 * rowsR(left, leftStride, right, rightStride, out, outStride, N, K, bias)
 */
function someRows(rows: number, multiplyAdd: MultiplyAdd): Func {
  /** Rows of the right side that are read side by side. */
  const depth = rows > 2 ? 2 : 4;
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return func(`rows${rows}`, parameters, (p, local) => {
    const [left, leftStride, right, rightStride, out, outStride, n, k, bias] = p;
    const [end, i, column, bytes] = [local('i32'), local('i32'), local('i32'), local('i32')];
    const each = <T>(count: number, make: (index: number) => T) =>
      Array.from({ length: count }, (_, index) => make(index));
    const leftRows = each(rows, () => local('i32'));
    const outRows = each(rows, () => local('i32'));
    const rightRows = each(depth, () => local('i32'));
    const factors = each(rows, () => each(depth, () => local('v128')));
    const sum = local('v128');
    const values = each(depth, () => local('v128'));
    const at = (address: Code): Code => i32.add(address, column.get);

    const start = outRows.map((row) =>
      loop(
        column,
        i32.const(0),
        bytes.get,
        16,
        choose(
          bias.get,
          [f32x4.store(at(row.get), f32x4.load(at(bias.get)))],
          [f32x4.store(at(row.get), f32x4.const(0))],
        ),
      ),
    );
    const take = (count: number): Code[] => [
      ...leftRows.flatMap((row, r) => [
        ...each(count, (d) => factors[r]![d]!.set(f32x4.loadSplat(row.get, 4 * d))),
        row.advance(4 * count),
      ]),
      ...each(count, (d) => rightRows[d]!.set(d === 0 ? right.get : i32.add(rightRows[d - 1]!.get, rightStride.get))),
      loop(
        column,
        i32.const(0),
        bytes.get,
        16,
        ...each(count, (d) => values[d]!.set(f32x4.load(at(rightRows[d]!.get)))),
        ...outRows.flatMap((row, r) => [
          sum.set(f32x4.load(at(row.get))),
          ...each(count, (d) => sum.set(multiplyAdd(factors[r]![d]!.get, values[d]!.get, sum.get))),
          f32x4.store(at(row.get), sum.get),
        ]),
      ),
      right.set(i32.add(rightRows[count - 1]!.get, rightStride.get)),
    ];
    return [
      bytes.set(i32.shl(n.get, 2)),
      ...leftRows.map((row, r) => row.set(r === 0 ? left.get : i32.add(leftRows[r - 1]!.get, leftStride.get))),
      ...outRows.map((row, r) => row.set(r === 0 ? out.get : i32.add(outRows[r - 1]!.get, outStride.get))),
      ...start,
      end.set(i32.and(k.get, i32.const(-depth))),
      loop(i, i32.const(0), end.get, depth, ...take(depth)),
      loop(i, end.get, k.get, 1, ...take(1)),
    ];
  });
}

/** For one row to {@link MOST_ROWS}. */
export function fewRows(multiplyAdd: MultiplyAdd): Func[] {
  return Array.from({ length: MOST_ROWS }, (_, i) => someRows(i + 1, multiplyAdd));
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
