/**
 * Products of many rows, in tiles. The right side is packed 32 columns at a time, so that the innermost loop reads it
 * sequentially. Neither side is copied as a whole.
 */
import { call, choose, type Func, func, i32s, type Local, loop } from './assembler.js';
import { type Code, f32, i32 } from './instructions.js';
import { BLOCK_COLUMNS, layOut, PANEL_BYTES } from './lay-out.js';
import { callTile, start, TILE_COLUMNS, TILE_ROWS } from './tile.js';

/** Scratch memory of a product, in bytes. */
export function productScratch(k: number): number {
  return 4 * BLOCK_COLUMNS * k + SPILL_BYTES;
}

/** Memory for tiles that extend beyond the columns of the result. */
export const SPILL_BYTES = TILE_ROWS.fused * PANEL_BYTES;

/**
 * `out[M, N] += left[M, K] · right[K, N]`, with a packed right side.
 *
 * panelProduct(left, leftStride, panels, out, outStride, M, N, K, spill)
 *
 * @param callees begin the module; among them are the tiles
 */
export function panelProduct(callees: readonly Func[], tiles: readonly Func[]): Func {
  return func('panelProduct', i32s(9), (p, local) => {
    const [left, leftStride, panels, out, outStride, m, n, k, spill] = p;
    const [row, rows, at, panel] = local('i32', 4);
    const [copied, from, to] = local('i32', 3);
    const here = i32.add(out.get, i32.shl(at.get, 2));
    const multiply = (target: Code, stride: Code): Code => {
      const by = [panel.get, i32.const(PANEL_BYTES), k.get];
      return callTile(callees, tiles, rows.get, [left.get, leftStride.get, ...by, target, stride]);
    };
    /** Copies what the result has of the tile's columns. */
    const copy = (source: Local, sourceStride: Code, target: Local, targetStride: Code): Code => {
      const [source4, target4] = [i32.add(source.get, copied.get), i32.add(target.get, copied.get)];
      const line = loop(
        copied,
        i32.const(0),
        i32.shl(i32.sub(n.get, at.get), 2),
        4,
        f32.store(target4, f32.load(source4)),
      );
      const copiedRow = local('i32');
      return loop(
        copiedRow,
        i32.const(0),
        rows.get,
        1,
        line,
        source.advance(sourceStride),
        target.advance(targetStride),
      );
    };
    const edge = [
      ...[from.set(here), to.set(spill.get), copy(from, outStride.get, to, i32.const(PANEL_BYTES))],
      multiply(spill.get, i32.const(PANEL_BYTES)),
      ...[from.set(spill.get), to.set(here), copy(from, i32.const(PANEL_BYTES), to, outStride.get)],
    ];
    return [
      loop(
        row,
        i32.const(0),
        m.get,
        tiles.length,
        rows.set(i32.min(i32.sub(m.get, row.get), i32.const(tiles.length))),
        panel.set(panels.get),
        loop(
          at,
          i32.const(0),
          n.get,
          TILE_COLUMNS,
          choose(i32.ge(n.get, i32.add(at.get, i32.const(TILE_COLUMNS))), [multiply(here, outStride.get)], edge),
          panel.advance(i32.mul(k.get, i32.const(PANEL_BYTES))),
        ),
        left.advance(i32.mul(leftStride.get, i32.const(tiles.length))),
        out.advance(i32.mul(outStride.get, i32.const(tiles.length))),
      ),
    ];
  });
}

/**
 * `out[M, N] = left[M, K] · right[K, N] (+ bias[N])`: addresses and strides in bytes; no bias where it is 0.
 *
 * product(left, leftStride, right, rowStride, columnStride, out, outStride, M, N, K, bias, scratch)
 *
 * @param callees  begin the module; among them are {@link start} and {@link layOut}
 * @param inPanels {@link panelProduct}, which is one of them
 */
export function product(callees: readonly Func[], inPanels: Func): Func {
  return func('product', i32s(12), (p, local) => {
    const [left, leftStride, right, rowStride, columnStride, out, outStride, m, n, k, bias, scratch] = p;
    const [column, columns] = local('i32', 2);
    const layout = [rowStride.get, columnStride.get, k.get, columns.get, scratch.get];
    const spill = i32.add(scratch.get, i32.mul(k.get, i32.const(4 * BLOCK_COLUMNS)));
    const into = [i32.add(out.get, i32.shl(column.get, 2)), outStride.get, m.get, columns.get, k.get, spill];
    return [
      call(callees, start, out.get, outStride.get, m.get, n.get, bias.get),
      loop(
        column,
        i32.const(0),
        n.get,
        BLOCK_COLUMNS,
        columns.set(i32.min(i32.sub(n.get, column.get), i32.const(BLOCK_COLUMNS))),
        call(callees, layOut, i32.add(right.get, i32.mul(column.get, columnStride.get)), ...layout),
        call(callees, inPanels, left.get, leftStride.get, scratch.get, ...into),
      ),
    ];
  });
}
