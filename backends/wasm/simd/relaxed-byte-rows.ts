/** Products of a few rows with weights in 8 bits, by integer dot products of relaxed SIMD. */
import { INTERLEAVED_ROWS } from '../../../src/nn/packed/packing.js';
import { type Func, func, type Local, repeatWhile } from './assembler.js';
import { DIGIT_BITS, toDigits, ZERO_DIGIT } from './digits.js';
import { type Code, f32, f32x4, i8x16, i32, i32x4 } from './instructions.js';
import { BYTE_ROWS_PARAMETERS, rowByRow } from './packed-rows.js';

/** Digits of an exact row: 21 bits, rounded to 2^-21 of the largest magnitude. */
const EXACT_DIGITS = 3;

/** A row as exactly as products need it; in place of `splitRow`, and not longer. */
export const splitRow: Func = toDigits('splitRow', EXACT_DIGITS);

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
