import { type Func, func, i32s, loop, type NewLocal, setMultiples } from './assembler.js';
import { type Code, f32, f32x4, i32 } from './instructions.js';

/**
 * Transposes four vectors.
 *
 * @returns a function of the vectors and of the use of each result
 */
export function transposeFour(
  local: NewLocal,
): (vectors: readonly Code[], use: (row: number, values: Code) => Code) => Code[] {
  const given = local('v128', 4);
  const paired = local('v128', 4);
  const pairs = (of: number, lanes: readonly number[]) => f32x4.shuffle(given[of]!.get, given[of + 1]!.get, lanes);
  const LOW = [0, 1, 4, 5];
  const HIGH = [2, 3, 6, 7];
  return (vectors, use) => [
    ...given.map((vector, i) => vector.set(vectors[i]!)),
    // Of the first two, and of the last two: numbers 0 and 1 side by side, and numbers 2 and 3.
    ...paired.map((pair, i) => pair.set(pairs(i & 2, i & 1 ? [2, 6, 3, 7] : [0, 4, 1, 5]))),
    ...[0, 1, 2, 3].map((row) =>
      use(row, f32x4.shuffle(paired[row >> 1]!.get, paired[2 + (row >> 1)]!.get, row & 1 ? HIGH : LOW)),
    ),
  ];
}

/**
 * Transposes columns of a matrix of 32-bit numbers: `out[columns, rows] = matrix[rows, columns]`. Strides are in bytes.
 *
 * transpose(matrix, stride, out, outStride, rows, columns)
 */
export const transpose: Func = func('transpose', i32s(6), ([matrix, stride, out, outStride, rows, columns], local) => {
  const [column, row, from, to, wholeRows] = local('i32', 5);
  const fromRows = local('i32', 4);
  const toRows = local('i32', 4);
  const transposed = transposeFour(local);
  /** The rest of one column, from a row on. */
  const rest = (first: Code) =>
    loop(row, first, rows.get, 1, f32.store(to.get, f32.load(from.get)), from.advance(stride.get), to.advance(4));
  return [
    wholeRows.set(i32.and(rows.get, i32.const(-4))),
    loop(
      column,
      i32.const(0),
      i32.and(columns.get, i32.const(-4)),
      4,
      ...setMultiples(fromRows, matrix.get, stride.get),
      ...setMultiples(toRows, out.get, outStride.get),
      loop(
        row,
        i32.const(0),
        wholeRows.get,
        4,
        ...transposed(
          fromRows.map((each) => f32x4.load(each.get)),
          (i, values) => f32x4.store(toRows[i]!.get, values),
        ),
        ...fromRows.map((each) => each.advance(i32.shl(stride.get, 2))),
        ...toRows.map((each) => each.advance(16)),
      ),
      ...toRows.flatMap((each, i) => [
        from.set(i32.add(fromRows[0]!.get, i32.const(4 * i))),
        to.set(each.get),
        rest(wholeRows.get),
      ]),
      matrix.advance(16),
      out.advance(i32.shl(outStride.get, 2)),
    ),
    loop(
      column,
      column.get,
      columns.get,
      1,
      from.set(matrix.get),
      to.set(out.get),
      rest(i32.const(0)),
      matrix.advance(4),
      out.advance(outStride.get),
    ),
  ];
});

/**
 * The same for runs of numbers in place of single ones; their length in bytes is a multiple of 16, and there are no gaps.
 *
 * transposeRuns(matrix, out, rows, columns, bytes)
 */
export const transposeRuns: Func = func('transposeRuns', i32s(5), ([matrix, out, rows, columns, bytes], local) => {
  const [column, row, from, at, stride] = local('i32', 5);
  return [
    stride.set(i32.mul(columns.get, bytes.get)),
    loop(
      column,
      i32.const(0),
      columns.get,
      1,
      from.set(matrix.get),
      loop(
        row,
        i32.const(0),
        rows.get,
        1,
        loop(
          at,
          i32.const(0),
          bytes.get,
          16,
          f32x4.store(i32.add(out.get, at.get), f32x4.load(i32.add(from.get, at.get))),
        ),
        from.advance(stride.get),
        out.advance(bytes.get),
      ),
      matrix.advance(bytes.get),
    ),
  ];
});
