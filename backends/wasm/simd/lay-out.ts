/** Packs the right side of a product in the order in which tiles read it. */
import { choose, type Func, func, i32s, loop, repeatWhile, setMultiples, when } from './assembler.js';
import { f32, f32x4, i32 } from './instructions.js';
import { TILE_COLUMNS } from './tile.js';
import { transposeFour } from './transpose.js';

/** A row of a panel, in bytes. */
export const PANEL_BYTES = 4 * TILE_COLUMNS;
/** Columns laid out at once: the panels of a product with K = 2048 fill 256 KiB. */
export const BLOCK_COLUMNS = 32;

/**
 * Lays columns of the right side out as panels, [K, 8] each; columns that are not there are 0.
 *
 * layOut(right, rowStride, columnStride, K, columns, panels)
 */
export const layOut: Func = func('layOut', i32s(6), ([right, rowStride, columnStride, k, columns, panels], local) => {
  const [c, from, to, end, panelBytes] = local('i32', 5);
  const columnOf = local('i32', 4);
  const transposed = transposeFour(local);
  const panel = local('i32', BLOCK_COLUMNS / TILE_COLUMNS);
  /** A whole block, row by row, contiguous in memory. */
  const byRow = [
    ...setMultiples(panel, panels.get, panelBytes.get),
    loop(
      to,
      i32.const(0),
      panelBytes.get,
      PANEL_BYTES,
      ...panel.flatMap((start, p) =>
        [0, 16].map((half) =>
          f32x4.store(i32.add(start.get, to.get), f32x4.load(right.get, p * PANEL_BYTES + half), half),
        ),
      ),
      right.advance(rowStride.get),
    ),
  ];
  const padded = i32.and(i32.add(columns.get, i32.const(TILE_COLUMNS - 1)), i32.const(-TILE_COLUMNS));
  /** Column c is in panel c div 8, at index c mod 8 of every row. */
  const startColumn = [
    to.set(i32.mul(i32.and(c.get, i32.const(-TILE_COLUMNS)), i32.shl(k.get, 2))),
    to.advance(i32.add(panels.get, i32.shl(i32.and(c.get, i32.const(TILE_COLUMNS - 1)), 2))),
    end.set(i32.add(to.get, panelBytes.get)),
  ];
  /** Contiguous columns are copied in blocks of four rows and four columns. */
  const wholeColumns = i32.and(i32.eq(rowStride.get, i32.const(4)), i32.eq(i32.and(k.get, i32.const(3)), i32.const(0)));
  const byColumn = [
    end.set(i32.add(panels.get, i32.mul(padded, i32.shl(k.get, 2)))),
    when(
      i32.lt(columns.get, padded),
      loop(to, i32.sub(end.get, panelBytes.get), end.get, 16, f32x4.store(to.get, f32x4.const(0))),
    ),
    c.set(i32.const(0)),
    when(
      wholeColumns,
      loop(
        c,
        i32.const(0),
        i32.and(columns.get, i32.const(-4)),
        4,
        ...setMultiples(columnOf, right.get, columnStride.get),
        ...startColumn,
        repeatWhile(
          i32.lt(to.get, end.get),
          ...transposed(
            columnOf.map((column) => f32x4.load(column.get)),
            (row, values) => f32x4.store(to.get, values, row * PANEL_BYTES),
          ),
          ...columnOf.map((column) => column.advance(16)),
          to.advance(4 * PANEL_BYTES),
        ),
        right.advance(i32.shl(columnStride.get, 2)),
      ),
    ),
    loop(
      c,
      c.get,
      columns.get,
      1,
      from.set(right.get),
      ...startColumn,
      repeatWhile(
        i32.lt(to.get, end.get),
        f32.store(to.get, f32.load(from.get)),
        from.advance(rowStride.get),
        to.advance(PANEL_BYTES),
      ),
      right.advance(columnStride.get),
    ),
  ];
  const wholeRows = i32.and(i32.eq(columnStride.get, i32.const(4)), i32.eq(columns.get, i32.const(BLOCK_COLUMNS)));
  return [panelBytes.set(i32.mul(k.get, i32.const(PANEL_BYTES))), choose(wholeRows, byRow, byColumn)];
});
