/** Products of more rows, still too few for packing the right side. */
import { call, type Func, func, i32s, type Local, loop } from './assembler.js';
import { type Code, f32, i32 } from './instructions.js';
import { callTile, start, TILE_COLUMNS } from './tile.js';

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
  return func('fewRows', i32s(10), (p, local) => {
    const [left, leftStride, right, rightStride, out, outStride, m, n, k, bias] = p;
    const [done, depth, row, column] = local('i32', 4);
    const [leftRow, rightRow, outRow] = local('i32', 3);
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
