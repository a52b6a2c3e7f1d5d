/** Tiles of matrix products: a few rows of the left side times eight columns of the right, summed in registers. */
import { call, type Func, func, i32s, loop, repeatWhile, setMultiples, when } from './assembler.js';
import { type Code, f32, f32x4, i32, type MultiplyAdd } from './instructions.js';

/** Columns of a tile: two vectors. */
export const TILE_COLUMNS = 8;

/**
 * Most rows of a tile. x86 has 16 vector registers, of which V8 leaves 15: two of columns, one of the left side, two a row, and
 * one for the product where no instruction multiplies and adds at once. A sum without a register is stored in every step, which
 * costs a third of the speed; so does unrolling the loop, because V8 then loads the left side of all steps first.
 */
export const TILE_ROWS = { fused: 6, separate: 5 } as const;

/**
 * `out[r][c] += Σ_k left[r][k] · right[k][c]`, for eight columns.
 *
 * tile(left, leftStride, right, rightStride, K, out, outStride): addresses and strides in bytes
 */
function tile(rows: number, multiplyAdd: MultiplyAdd): Func {
  return func(`tile${rows}`, i32s(7), ([left, leftStride, right, rightStride, k, out, outStride], local) => {
    const leftRows = local('i32', rows);
    const sums = leftRows.map(() => local('v128', 2));
    const [low, high, value] = local('v128', 3);
    const [end, outRow] = local('i32', 2);
    return [
      ...setMultiples(leftRows, left.get, leftStride.get),
      outRow.set(out.get),
      ...sums.flatMap(([first, second]) => [
        first.set(f32x4.load(outRow.get)),
        second.set(f32x4.load(outRow.get, 16)),
        outRow.advance(outStride.get),
      ]),
      end.set(i32.add(right.get, i32.mul(k.get, rightStride.get))),
      repeatWhile(
        i32.lt(right.get, end.get),
        low.set(f32x4.load(right.get)),
        high.set(f32x4.load(right.get, 16)),
        ...leftRows.flatMap((row, r) => [
          value.set(f32x4.loadSplat(row.get)),
          sums[r]![0].set(multiplyAdd(value.get, low.get, sums[r]![0].get)),
          sums[r]![1].set(multiplyAdd(value.get, high.get, sums[r]![1].get)),
        ]),
        ...leftRows.map((row) => row.advance(4)),
        right.advance(rightStride.get),
      ),
      outRow.set(out.get),
      ...sums.flatMap(([first, second]) => [
        f32x4.store(outRow.get, first.get),
        f32x4.store(outRow.get, second.get, 16),
        outRow.advance(outStride.get),
      ]),
    ];
  });
}

/** Tiles of one row to the most, in this order. */
export function tiles(multiplyAdd: MultiplyAdd, maxRows: number): Func[] {
  return Array.from({ length: maxRows }, (_, i) => tile(i + 1, multiplyAdd));
}

/** Calls the tile that takes all rows that are left, or the largest. */
export function callTile(callees: readonly Func[], tiles: readonly Func[], rowsLeft: Code, values: Code[]): Code {
  return tiles.flatMap((tile, i) => {
    const fits = i + 1 < tiles.length ? i32.eq : i32.ge;
    return when(fits(rowsLeft, i32.const(i + 1)), call(callees, tile, ...values));
  });
}

/**
 * Initialises sums: `out[m][n] = bias[n]`, or 0 without a bias.
 *
 * start(out, outStride, M, N, bias): no bias where it is 0
 */
export const start: Func = func('start', i32s(5), ([out, stride, m, n, bias], local) => {
  const [row, to, from, end] = local('i32', 4);
  const fill = (vector: Code, one: Code) => [
    loop(to, out.get, i32.sub(end.get, i32.const(12)), 16, f32x4.store(to.get, vector), from.advance(16)),
    repeatWhile(i32.lt(to.get, end.get), f32.store(to.get, one), to.advance(4), from.advance(4)),
  ];
  return [
    loop(
      row,
      i32.const(0),
      m.get,
      1,
      end.set(i32.add(out.get, i32.shl(n.get, 2))),
      from.set(bias.get),
      when(bias.get, ...fill(f32x4.load(from.get), f32.load(from.get))),
      when(i32.eq(bias.get, i32.const(0)), ...fill(f32x4.const(0), f32.const(0))),
      out.advance(stride.get),
    ),
  ];
});
