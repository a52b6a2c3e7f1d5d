/**
 * Matrix products. The right side is taken 32 columns at a time and laid out so that the innermost loop reads it from one end
 * to the other; a tile of rows by eight columns is summed in registers. Neither side is copied as a whole.
 */
import {
  type Code,
  call,
  choose,
  type Func,
  f32,
  f32x4,
  func,
  i32,
  type Local,
  loop,
  repeatWhile,
  when,
} from './assembler.js';
import { BLOCK_COLUMNS, layOut, PANEL_BYTES, TILE_COLUMNS } from './lay-out.js';

/** Rows of a tile: with two vectors of columns, as many as fit the 16 vector registers of x86. */
export const TILE_ROWS = 6;
/** `sum += left · right` */
export type MultiplyAdd = (left: Code, right: Code, sum: Code) => Code;

/**
 * A tile: `out[r][c] = Σ_k left[r][k] · panel[k][c] (+ bias[c])`.
 *
 * tile(left, leftStride, panel, K, out, outStride, bias): addresses and strides in bytes; no bias where it is 0
 */
function tile(rows: number, multiplyAdd: MultiplyAdd): Func {
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return func(`tile${rows}`, parameters, ([left, leftStride, panel, k, out, outStride, bias], local) => {
    const row = Array.from({ length: rows }, () => local('i32'));
    const sums = row.map(() => [local('v128'), local('v128')]);
    const [low, high, value] = [local('v128'), local('v128'), local('v128')];
    const end = local('i32');
    const once = (step: number): Code[] => [
      low.set(f32x4.load(panel.get, step * PANEL_BYTES)),
      high.set(f32x4.load(panel.get, step * PANEL_BYTES + 16)),
      ...row.flatMap((address, r) => [
        value.set(f32x4.loadSplat(address.get, 4 * step)),
        sums[r]![0]!.set(multiplyAdd(value.get, low.get, sums[r]![0]!.get)),
        sums[r]![1]!.set(multiplyAdd(value.get, high.get, sums[r]![1]!.get)),
      ]),
    ];
    const steps = (count: number): Code[] => [
      ...Array.from({ length: count }, (_, step) => once(step)).flat(),
      ...row.map((address) => address.advance(4 * count)),
      panel.advance(count * PANEL_BYTES),
    ];
    const UNROLLED = 2;
    return [
      ...row.map((address, r) => address.set(r === 0 ? left.get : i32.add(row[r - 1]!.get, leftStride.get))),
      when(
        bias.get,
        sums[0]![0]!.set(f32x4.load(bias.get)),
        sums[0]![1]!.set(f32x4.load(bias.get, 16)),
        ...sums.slice(1).flatMap((sum) => [sum[0]!.set(sums[0]![0]!.get), sum[1]!.set(sums[0]![1]!.get)]),
      ),
      end.set(i32.add(panel.get, i32.mul(i32.and(k.get, i32.const(-UNROLLED)), i32.const(PANEL_BYTES)))),
      repeatWhile(i32.lt(panel.get, end.get), ...steps(UNROLLED)),
      end.advance(i32.mul(i32.and(k.get, i32.const(UNROLLED - 1)), i32.const(PANEL_BYTES))),
      repeatWhile(i32.lt(panel.get, end.get), ...steps(1)),
      ...sums.flatMap((sum, r) => [
        f32x4.store(out.get, sum[0]!.get),
        f32x4.store(out.get, sum[1]!.get, 16),
        ...(r + 1 < rows ? [out.advance(outStride.get)] : []),
      ]),
    ];
  });
}

/** All row counts of a tile, the fewest first. */
export function tiles(multiplyAdd: MultiplyAdd): Func[] {
  return Array.from({ length: TILE_ROWS }, (_, i) => tile(i + 1, multiplyAdd));
}

/** How much room a product needs beside its operands, in bytes. */
export function productScratch(k: number): number {
  return 4 * BLOCK_COLUMNS * k + SPILL_BYTES + PANEL_BYTES;
}

/** Where a tile goes whose columns are not all in the result. */
const SPILL_BYTES = TILE_ROWS * PANEL_BYTES;

/**
 * `out[M, N] = left[M, K] · right[K, N] (+ bias[N])`: addresses and strides in bytes; no bias where it is 0.
 *
 * product(left, leftStride, right, rowStride, columnStride, out, outStride, M, N, K, bias, scratch)
 */
export function product(tileFunctions: readonly Func[]): Func[] {
  const functions = [...tileFunctions, layOut];
  const parameters = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  const main = func('product', parameters, (p, local) => {
    const [left, leftStride, right, rowStride, columnStride, out, outStride, m, n, k, bias, scratch] = p;
    const [row, column, columns, at] = [local('i32'), local('i32'), local('i32'), local('i32')];
    const [leftRow, outRow, panel] = [local('i32'), local('i32'), local('i32')];
    const [spill, spilledBias, to, from] = [local('i32'), local('i32'), local('i32'), local('i32')];
    const here = (address: Local): Code => i32.add(address.get, i32.shl(i32.add(column.get, at.get), 2));
    const biasHere: Code = i32.select(bias.get, here(bias), i32.const(0));
    const multiply = (target: Code, stride: Code, shift: Code): Code =>
      tileFunctions.flatMap((tile, i) =>
        when(
          i === TILE_ROWS - 1
            ? i32.ge(m.get, i32.add(row.get, i32.const(TILE_ROWS)))
            : i32.eq(i32.sub(m.get, row.get), i32.const(i + 1)),
          call(functions, tile, leftRow.get, leftStride.get, panel.get, k.get, target, stride, shift),
        ),
      );
    const copy = (source: Code, target: Code): Code[] => [
      from.set(source),
      loop(
        to,
        target,
        i32.add(target, i32.shl(i32.sub(columns.get, at.get), 2)),
        4,
        f32.store(to.get, f32.load(from.get)),
        from.advance(4),
      ),
    ];
    const copied = local('i32');
    const edge = [
      when(bias.get, ...copy(here(bias), spilledBias.get)),
      multiply(spill.get, i32.const(PANEL_BYTES), i32.select(bias.get, spilledBias.get, i32.const(0))),
      loop(
        copied,
        i32.const(0),
        i32.min(i32.sub(m.get, row.get), i32.const(TILE_ROWS)),
        1,
        ...copy(
          i32.add(spill.get, i32.mul(copied.get, i32.const(PANEL_BYTES))),
          i32.add(here(outRow), i32.mul(copied.get, outStride.get)),
        ),
      ),
    ];
    return [
      spill.set(i32.add(scratch.get, i32.mul(k.get, i32.const(4 * BLOCK_COLUMNS)))),
      spilledBias.set(i32.add(spill.get, i32.const(SPILL_BYTES))),
      loop(
        column,
        i32.const(0),
        n.get,
        BLOCK_COLUMNS,
        columns.set(i32.min(i32.sub(n.get, column.get), i32.const(BLOCK_COLUMNS))),
        call(
          functions,
          layOut,
          i32.add(right.get, i32.mul(column.get, columnStride.get)),
          rowStride.get,
          columnStride.get,
          k.get,
          columns.get,
          scratch.get,
        ),
        leftRow.set(left.get),
        outRow.set(out.get),
        loop(
          row,
          i32.const(0),
          m.get,
          TILE_ROWS,
          panel.set(scratch.get),
          loop(
            at,
            i32.const(0),
            columns.get,
            TILE_COLUMNS,
            choose(
              i32.ge(columns.get, i32.add(at.get, i32.const(TILE_COLUMNS))),
              [multiply(here(outRow), outStride.get, biasHere)],
              edge,
            ),
            panel.advance(i32.mul(k.get, i32.const(PANEL_BYTES))),
          ),
          leftRow.advance(i32.mul(leftStride.get, i32.const(TILE_ROWS))),
          outRow.advance(i32.mul(outStride.get, i32.const(TILE_ROWS))),
        ),
      ),
    ];
  });
  return [...functions, main];
}
