/**
 * Products of a few rows with weights in 16 or 8 bits. Four rows of the weight are taken at once, which share what is read of x;
 * all rows of x meet them while they are in the processor's cache.
 */
import {
  type Code,
  type Func,
  f32x4,
  func,
  i16x8,
  i32,
  i32x4,
  type Local,
  loop,
  type NewLocal,
  when,
} from './assembler.js';
import { KEPT, LOW_BITS, smallFloats } from './packed.js';
import type { MultiplyAdd } from './tile.js';
import { transposeFour } from './transpose.js';

/** Rows of the weight at once: the fewest that a packed weight can have to be multiplied here. */
export const ROWS_AT_ONCE = 4;

const PARAMETERS = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;

/** So many products of 15 and 7 bits, two of eight in each of four sums, stay below 2^31. */
const EXACT = 4096;

/**
 * `out[R, N] = x[R, K] · (scales[N] · bytes[N, K])ᵀ (+ bias[N])`, with x split by `splitRow`: a product is then one of whole
 * numbers, eight in an instruction, and exact.
 *
 * byteRows(x, xStride, words, wordStride, scales, out, outStride, R, N, K, bias): K is a multiple of 16
 */
export const byteRows: Func = func('byteRows', PARAMETERS, (p, local) => {
  const [x, xStride, words, wordStride, scales, out, outStride, r, n, k, bias] = p;
  const [at, to, end, factor] = [local('i32'), local('i32'), local('i32'), local('i32')];
  const [high, low] = [local('v128'), local('v128')];
  const four = local('v128');
  const frame = rowsByFour(local, { x, xStride, words, wordStride, out, outStride, r, n });
  const highs = frame.weights.map(() => local('v128'));
  const lows = frame.weights.map(() => local('v128'));
  const split = (part: Code, half: number): Code => f32x4.load(part, 16 * half);
  const half = (h: number): Code[] => [
    high.set(split(to.get, h)),
    low.set(split(i32.add(to.get, i32.shl(k.get, 1)), h)),
    ...frame.weights.flatMap((weight, i) => [
      four.set(i16x8.load8(i32.add(weight.get, at.get), 8 * h)),
      highs[i]!.set(i32x4.add(highs[i]!.get, i16x8.dot(four.get, high.get))),
      lows[i]!.set(i32x4.add(lows[i]!.get, i16x8.dot(four.get, low.get))),
    ]),
  ];
  return frame.each((row, store) => [
    ...frame.sums.map((sum) => sum.set(f32x4.const(0))),
    at.set(i32.const(0)),
    to.set(row.get),
    factor.set(i32.add(row.get, i32.shl(k.get, 2))),
    end.set(i32.const(0)),
    loop(
      end,
      i32.const(0),
      k.get,
      EXACT,
      ...[...highs, ...lows].map((sum) => sum.set(i32x4.const(0))),
      loop(at, end.get, i32.min(i32.add(end.get, i32.const(EXACT)), k.get), 16, ...half(0), ...half(1), to.advance(32)),
      ...frame.sums.map((sum, i) =>
        sum.set(
          f32x4.add(
            sum.get,
            f32x4.add(f32x4.mul(f32x4.fromI32(highs[i]!.get), f32x4.const(2 ** LOW_BITS)), f32x4.fromI32(lows[i]!.get)),
          ),
        ),
      ),
    ),
    ...store((sum, column) => [
      sum.set(f32x4.mul(sum.get, f32x4.mul(f32x4.load(factor.get), f32x4.load(column(scales))))),
      when(bias.get, sum.set(f32x4.add(sum.get, f32x4.load(column(bias))))),
    ]),
  ]);
});

/**
 * `out[R, N] = x[R, K] · halves[N, K]ᵀ (+ bias[N])`.
 *
 * halfRows(x, xStride, words, wordStride, 0, out, outStride, R, N, K, bias): K is a multiple of 16
 */
export function halfRows(multiplyAdd: MultiplyAdd): Func {
  return func('halfRows', PARAMETERS, (p, local) => {
    const [x, xStride, words, wordStride, , out, outStride, r, n, k, bias] = p;
    const [at, to] = [local('i32'), local('i32')];
    const [values, kept, up] = [local('v128'), local('v128'), local('v128')];
    const frame = rowsByFour(local, { x, xStride, words, wordStride, out, outStride, r, n });
    const bytes = local('i32');
    return [
      kept.set(i32x4.const(KEPT)),
      up.set(f32x4.const(2 ** UP)),
      bytes.set(i32.shl(k.get, 1)),
      ...frame.each((row, store) => [
        ...frame.sums.map((sum) => sum.set(f32x4.const(0))),
        to.set(row.get),
        loop(
          at,
          i32.const(0),
          bytes.get,
          32,
          ...[0, 1, 2, 3].flatMap((quarter) => [
            values.set(f32x4.mul(f32x4.load(to.get, 16 * quarter), up.get)),
            ...frame.weights.map((weight, i) =>
              frame.sums[i]!.set(
                multiplyAdd(
                  values.get,
                  smallFloats(i32.add(weight.get, at.get), kept.get, 8 * quarter),
                  frame.sums[i]!.get,
                ),
              ),
            ),
          ]),
          to.advance(64),
        ),
        ...store((sum, column) => [
          sum.set(f32x4.mul(sum.get, f32x4.const(2 ** (112 - UP)))),
          when(bias.get, sum.set(f32x4.add(sum.get, f32x4.load(column(bias))))),
        ]),
      ]),
    ];
  });
}

/**
 * Weights are 2^112 times too small as they are read; x is made that much larger before, but for what would make a product of
 * large ones infinite, which is made up for in the end.
 */
const UP = 90;

interface Operands {
  readonly x: Local;
  readonly xStride: Local;
  readonly words: Local;
  readonly wordStride: Local;
  readonly out: Local;
  readonly outStride: Local;
  readonly r: Local;
  readonly n: Local;
}

/** The loops around: four rows of the weight, and for them every row of x. N is 4 or more; the last four may overlap. */
function rowsByFour(local: NewLocal, { x, xStride, words, wordStride, out, outStride, r, n }: Operands) {
  const four = () => [local('v128'), local('v128'), local('v128'), local('v128')];
  const [column, first, row, i] = [local('i32'), local('i32'), local('i32'), local('i32')];
  const target = local('i32');
  const weights = [local('i32'), local('i32'), local('i32'), local('i32')];
  const sums = four();
  const sum = local('v128');
  const transposed = transposeFour(local);
  const here = (address: Local): Code => i32.add(address.get, i32.shl(first.get, 2));
  type Finish = (sum: Local, column: (address: Local) => Code) => readonly Code[];
  /** Adds up the four of each of the sums, and writes the four results. */
  const store = (finish: Finish): Code[] => [
    sum.set(f32x4.const(0)),
    ...transposed(
      sums.map((each) => each.get),
      (_, values) => sum.set(f32x4.add(sum.get, values)),
    ),
    ...finish(sum, here),
    f32x4.store(i32.add(target.get, i32.shl(first.get, 2)), sum.get),
  ];
  const each = (body: (row: Local, store: (finish: Finish) => Code[]) => readonly Code[]): Code[] => [
    loop(
      column,
      i32.const(0),
      n.get,
      ROWS_AT_ONCE,
      first.set(i32.min(column.get, i32.sub(n.get, i32.const(ROWS_AT_ONCE)))),
      ...weights.map((weight, w) =>
        weight.set(
          w === 0
            ? i32.add(words.get, i32.mul(first.get, wordStride.get))
            : i32.add(weights[w - 1]!.get, wordStride.get),
        ),
      ),
      row.set(x.get),
      target.set(out.get),
      loop(i, i32.const(0), r.get, 1, ...body(row, store), row.advance(xStride.get), target.advance(outStride.get)),
    ),
  ];
  return { weights, sums, each };
}
