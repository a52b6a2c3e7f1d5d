/**
 * Integer dot products of relaxed SIMD multiply a byte with a number of 7 bits without a sign, so values become digits of base 128: of
 * `x = scale · (d0 + 128 d1 + … - offset)` each digit takes one product, and the offset is subtracted from the highest.
 */
import { type Func, func, type Local, loop } from './assembler.js';
import { type Code, f32x4, i8x16, i16x8, i32, i32x4 } from './instructions.js';
import { setLargest } from './packed.js';

export const DIGIT_BITS = 7;
/** A digit that stands for zero in the highest place. */
export const ZERO_DIGIT = 64;

/**
 * Writes a row of floats as digits, eight values at a time: their lowest digits, then the next. The scale lies behind them, four times.
 *
 * name(x, count, out): count is a multiple of 16
 */
export function toDigits(name: string, digits: number): Func {
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
      ...setLargest(largest, x, at, bytes),
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
