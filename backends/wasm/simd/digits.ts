/**
 * Products with weights in 8 bits by integer dot products of relaxed SIMD. Such an instruction multiplies a byte with a number of 7 bits
 * without a sign, so values become digits of base 128: of `x = scale · (d0 + 128 d1 + … - offset)` each digit takes one product, and
 * the offset is subtracted from the highest.
 */
import { INTERLEAVED_ROWS } from '../../../src/nn/packed/packing.js';
import { type Func, func, i32s, type Local, loop, repeatWhile, setMultiples, when } from './assembler.js';
import { type Code, f32, f32x4, i8x16, i16x8, i32, i32x4 } from './instructions.js';
import { BYTE_ROWS_PARAMETERS, rowByRow } from './packed-rows.js';
import { callTile } from './tile.js';

const DIGIT_BITS = 7;
/** A digit that stands for zero in the highest place. */
const ZERO_DIGIT = 64;
/** Digits of an exact row: 21 bits, rounded to 2^-21 of the largest magnitude. */
const EXACT_DIGITS = 3;
/** Digits of a quantized row. */
const QUANTIZED_DIGITS = 1;

/**
 * Writes a row of floats as digits, eight values at a time: their lowest digits, then the next. The scale lies behind them, four times.
 *
 * name(x, count, out): count is a multiple of 16
 */
function toDigits(name: string, digits: number): Func {
  const offset = 2 ** (DIGIT_BITS * digits - 1);
  return func(name, ['i32', 'i32', 'i32'], ([x, count, out], local) => {
    const [at, bytes, to] = local('i32', 3);
    const [largest, factor] = local('v128', 2);
    const whole = local('v128', 2);
    const here = i32.add(x.get, at.get);
    const digit = (numbers: Local, d: number): Code =>
      i32x4.and(i32x4.shrUnsigned(numbers.get, DIGIT_BITS * d), i32x4.const(2 ** DIGIT_BITS - 1));
    return [
      bytes.set(i32.shl(count.get, 2)),
      largest.set(f32x4.const(0)),
      loop(at, i32.const(0), bytes.get, 16, largest.set(f32x4.max(largest.get, f32x4.abs(f32x4.load(here))))),
      largest.set(f32x4.splat(f32x4.largest(largest))),
      factor.set(f32x4.div(f32x4.const(offset - 1), largest.get)),
      to.set(out.get),
      loop(
        at,
        i32.const(0),
        bytes.get,
        32,
        ...whole.map((numbers, i) => {
          const scaled = f32x4.nearest(f32x4.mul(f32x4.load(here, 16 * i), factor.get));
          return numbers.set(i32x4.add(i32x4.fromF32(scaled), i32x4.const(offset)));
        }),
        ...Array.from({ length: digits }, (_, d) => {
          const eight = i16x8.fromI32(digit(whole[0], d), digit(whole[1], d));
          return i8x16.store8(to.get, i8x16.fromI16(eight, eight), 8 * d);
        }),
        to.advance(8 * digits),
      ),
      f32x4.store(to.get, f32x4.div(largest.get, f32x4.const(offset - 1))),
    ];
  });
}

/** A row as exactly as products need it; in place of `splitRow`, and not longer. */
export const splitRow: Func = toDigits('splitRow', EXACT_DIGITS);

/** A row in 7 bits. quantizeRow(x, count, out) */
const quantizeRow: Func = toDigits('quantizeRow', QUANTIZED_DIGITS);

/** Bytes of a row of {@link quantizeRow}. */
export function quantizedBytes(count: number): number {
  return QUANTIZED_DIGITS * count + 16;
}

/** The products of `packed-rows.ts` with x from {@link splitRow}; names and parameters are the same. */
export const byteRows: readonly Func[] = ([1, INTERLEAVED_ROWS] as const).map((together) =>
  func(`byteRows${together}`, BYTE_ROWS_PARAMETERS, (p, local) => {
    const [x, xStride, words, scales, out, outStride, r, n, k, bias] = p;
    const end = local('i32');
    const vectors = together === 1 ? 1 : 2;
    const weights: readonly Local[] = local('v128', vectors);
    const digit = local('v128');
    const sums: readonly (readonly Local[])[] = Array.from({ length: EXACT_DIGITS }, () => local('v128', vectors));
    const zeros: readonly Local[] = local('v128', vectors);
    const total = local('v128');
    const all = [...sums.flat(), ...zeros];
    const operands = { x, xStride, words, rowBytes: k.get, out, outStride, r, n, bias };
    const perRow = (of: readonly Local[]): Code =>
      together === 1 ? of[0]!.get : i32x4.pairSums(of[0]!.get, of[1]!.get);
    const [top, ...lower] = sums.toReversed();
    return rowByRow(local, operands, together, (row, weight, column) => {
      const scale = i32.add(scales.get, column);
      return {
        before: [
          ...all.map((sum) => sum.set(i32x4.const(0))),
          end.set(i32.add(weight.get, i32.mul(k.get, i32.const(together)))),
          repeatWhile(
            i32.lt(weight.get, end.get),
            ...weights.flatMap((eight, v) => [
              eight.set(together === 1 ? i8x16.load8Zero(weight.get) : f32x4.load(weight.get, 16 * v)),
              zeros[v]!.set(i32x4.relaxedDot(eight.get, i8x16.const(ZERO_DIGIT), zeros[v]!.get)),
            ]),
            ...sums.flatMap((own, d) => [
              digit.set(i8x16.load8Splat(row.get, 8 * d)),
              ...own.map((sum, v) => sum.set(i32x4.relaxedDot(weights[v]!.get, digit.get, sum.get))),
            ]),
            weight.advance(8 * together),
            row.advance(8 * EXACT_DIGITS),
          ),
          total.set(f32x4.fromI32(i32x4.sub(perRow(top!), perRow(zeros)))),
          ...lower.map((own) =>
            total.set(f32x4.add(f32x4.mul(total.get, f32x4.const(2 ** DIGIT_BITS)), f32x4.fromI32(perRow(own)))),
          ),
        ],
        result:
          together === 1
            ? f32.mul(f32x4.sum(total), f32.mul(f32.load(row.get), f32.load(scale)))
            : f32x4.mul(total.get, f32x4.mul(f32x4.load(row.get), f32x4.load(scale))),
      };
    });
  }),
);

/**
 * What zeros of x add to the products, {@link ZERO_DIGIT} times the sum of a row of the weight, as int32.
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
