/** Products of rows in 7 bits with weights in 8 bits, in tiles, by integer dot products of relaxed SIMD. */
import { INTERLEAVED_ROWS } from '../../../src/nn/packed/packing.js';
import { type Func, func, i32s, type Local, loop, repeatWhile, setMultiples, when } from './assembler.js';
import { toDigits, ZERO_DIGIT } from './digits.js';
import { type Code, f32, f32x4, i8x16, i32, i32x4 } from './instructions.js';
import { callTile } from './tile.js';

/** A row in 7 bits. quantizeRow(x, count, out) */
const quantizeRow: Func = toDigits('quantizeRow', 1);

/** Bytes of a row of {@link quantizeRow}: a digit each, and the scale. */
export function quantizedBytes(count: number): number {
  return count + 16;
}

/**
 * Contribution of zeros of x to the products, {@link ZERO_DIGIT} times the sum of a row of the weight, as int32.
 *
 * zeroProducts(words, K, rows, out): rows interleaved by four; `rows` is a multiple of 4 and K of 16
 */
const zeroProducts: Func = func('zeroProducts', i32s(4), ([words, k, rows, out], local) => {
  const [row, end] = local('i32', 2);
  const sums = local('v128', 2);
  return [
    loop(
      row,
      i32.const(0),
      rows.get,
      INTERLEAVED_ROWS,
      ...sums.map((sum) => sum.set(i32x4.const(0))),
      end.set(i32.add(words.get, i32.shl(k.get, 2))),
      repeatWhile(
        i32.lt(words.get, end.get),
        ...sums.map((sum, v) =>
          sum.set(i32x4.relaxedDot(f32x4.load(words.get, 16 * v), i8x16.const(ZERO_DIGIT), sum.get)),
        ),
        words.advance(32),
      ),
      f32x4.store(out.get, i32x4.pairSums(sums[0].get, sums[1].get)),
      out.advance(16),
    ),
  ];
});

/** Most rows of x in a tile, as for floats: 12 sums, two vectors of the weight and one of x are all registers. */
const TILE_ROWS = 6;

/**
 * `out[r][c] = scale of r · scale of c · (Σ_k x[r][k] · bytes[c][k] - zeros[c]) (+ bias[c])`, for four interleaved rows of the weight.
 *
 * byteTile(x, xStride, words, K, zeros, scales, bias, out, outStride): x from {@link quantizeRow}; no bias where it is 0
 */
function byteTile(rows: number): Func {
  return func(`byteTile${rows}`, i32s(9), ([x, xStride, words, k, zeros, scales, bias, out, outStride], local) => {
    const xRows = local('i32', rows);
    const sums = xRows.map(() => local('v128', 2));
    const [first, second, digit, result] = local('v128', 4);
    const end = local('i32');
    return [
      ...setMultiples(xRows, x.get, xStride.get),
      ...sums.flat().map((sum) => sum.set(i32x4.const(0))),
      end.set(i32.add(words.get, i32.shl(k.get, 2))),
      repeatWhile(
        i32.lt(words.get, end.get),
        first.set(f32x4.load(words.get)),
        second.set(f32x4.load(words.get, 16)),
        ...xRows.flatMap((row, r) => [
          digit.set(i8x16.load8Splat(row.get)),
          sums[r]![0].set(i32x4.relaxedDot(first.get, digit.get, sums[r]![0].get)),
          sums[r]![1].set(i32x4.relaxedDot(second.get, digit.get, sums[r]![1].get)),
        ]),
        ...xRows.map((row) => row.advance(8)),
        words.advance(32),
      ),
      ...xRows.flatMap((row, r) => {
        const total = i32x4.sub(i32x4.pairSums(sums[r]![0].get, sums[r]![1].get), f32x4.load(zeros.get));
        const scale = f32x4.mul(f32x4.load(row.get), f32x4.load(scales.get));
        return [
          result.set(f32x4.mul(f32x4.fromI32(total), scale)),
          when(bias.get, result.set(f32x4.add(result.get, f32x4.load(bias.get)))),
          f32x4.store(out.get, result.get),
          out.advance(outStride.get),
        ];
      }),
    ];
  });
}

/** Tiles of one row to the most, in this order. */
export const byteTiles: readonly Func[] = Array.from({ length: TILE_ROWS }, (_, i) => byteTile(i + 1));

/**
 * The same for M rows of x and N interleaved rows of the weight, a multiple of 4.
 *
 * byteProduct(x, xStride, words, K, zeros, scales, bias, out, outStride, M, N)
 *
 * @param callees begin the module; among them are {@link byteTiles}
 */
function byteProduct(callees: readonly Func[]): Func {
  return func('byteProduct', i32s(11), (p, local) => {
    const [x, xStride, words, k, zeros, scales, bias, out, outStride, m, n] = p;
    const [row, column, group] = local('i32', 3);
    const here = (address: Local): Code => i32.add(address.get, column.get);
    const shift = i32.select(bias.get, here(bias), i32.const(0));
    const operands = [x.get, xStride.get, group.get, k.get, here(zeros), here(scales), shift, here(out), outStride.get];
    return [
      loop(
        row,
        i32.const(0),
        m.get,
        TILE_ROWS,
        group.set(words.get),
        loop(
          column,
          i32.const(0),
          i32.shl(n.get, 2),
          4 * INTERLEAVED_ROWS,
          callTile(callees, byteTiles, i32.sub(m.get, row.get), operands),
          group.advance(i32.shl(k.get, 2)),
        ),
        x.advance(i32.mul(xStride.get, i32.const(TILE_ROWS))),
        out.advance(i32.mul(outStride.get, i32.const(TILE_ROWS))),
      ),
    ];
  });
}

/**
 * The same for one row of the weight that is not interleaved.
 *
 * byteColumn(x, xStride, words, K, scale, bias, out, outStride, M): addresses of one scale and one bias
 */
const byteColumn: Func = func('byteColumn', i32s(9), (p, local) => {
  const [x, xStride, words, k, scale, bias, out, outStride, m] = p;
  const [row, at, weight, end] = local('i32', 4);
  const [eight, sum, zeros] = local('v128', 3);
  const result = local('f32');
  return [
    loop(
      row,
      i32.const(0),
      m.get,
      1,
      sum.set(i32x4.const(0)),
      zeros.set(i32x4.const(0)),
      at.set(x.get),
      weight.set(words.get),
      end.set(i32.add(words.get, k.get)),
      repeatWhile(
        i32.lt(weight.get, end.get),
        eight.set(i8x16.load8Zero(weight.get)),
        sum.set(i32x4.relaxedDot(eight.get, i8x16.load8Splat(at.get), sum.get)),
        zeros.set(i32x4.relaxedDot(eight.get, i8x16.const(ZERO_DIGIT), zeros.get)),
        weight.advance(8),
        at.advance(8),
      ),
      sum.set(f32x4.fromI32(i32x4.sub(sum.get, zeros.get))),
      result.set(f32.mul(f32x4.sum(sum), f32.mul(f32.load(at.get), f32.load(scale.get)))),
      when(bias.get, result.set(f32.add(result.get, f32.load(bias.get)))),
      f32.store(out.get, result.get),
      x.advance(xStride.get),
      out.advance(outStride.get),
    ),
  ];
});

/** Functions of products with quantized rows. @param callees as of {@link byteProduct} */
export function quantizedProducts(callees: readonly Func[]): Func[] {
  return [quantizeRow, zeroProducts, byteProduct(callees), byteColumn];
}
