/** Functions for sampling from a row of logits; lengths are multiples of 4. (`src/nn/kernels/fixed-point-softmax.ts`.) */
import { INVERSE_EXP2 } from '../../../src/nn/kernels/fixed-point-softmax.js';
import { type Func, func, type Local, loop } from './assembler.js';
import { type Code, f32x4, i32, i32x4 } from './instructions.js';

/**
 * The maximum of each of four interleaved columns; NaN if it contains one.
 *
 * highest(x, bytes, out)
 */
export const highest: Func = func('highest', ['i32', 'i32', 'i32'], ([x, bytes, out], local) => {
  const [at, largest] = [local('i32'), local('v128')];
  return [
    largest.set(f32x4.const(-Infinity)),
    loop(at, i32.const(0), bytes.get, 16, largest.set(f32x4.max(largest.get, f32x4.load(i32.add(x.get, at.get))))),
    f32x4.store(out.get, largest.get),
  ];
});

/**
 * `fixedPointWeights` of a row.
 *
 * fixedPointWeights(x, bytes, out, highest, power, factor)
 */
export const fixedPointWeights: Func = func(
  'fixedPointWeights',
  ['i32', 'i32', 'i32', 'f32', 'f32', 'i32'],
  ([x, bytes, out, highest, power, factor], local) => {
    const [at, largest, scale, factors] = [local('i32'), local('v128'), local('v128'), local('v128')];
    const [exponent, octaves, sum] = local('v128', 3);
    const here = (address: Local): Code => i32.add(address.get, at.get);
    const gap = f32x4.mul(f32x4.sub(largest.get, f32x4.load(here(x))), scale.get);
    const [first, ...coefficients] = INVERSE_EXP2;
    return [
      largest.set(f32x4.splat(highest.get)),
      scale.set(f32x4.splat(power.get)),
      factors.set(i32x4.splat(factor.get)),
      loop(
        at,
        i32.const(0),
        bytes.get,
        16,
        exponent.set(i32x4.unsignedFromF32(gap)),
        exponent.set(i32x4.upperHalf(exponent, factors)),
        // So far down that the weight is 0, but not so far that 2^(31 - octaves) is no number.
        octaves.set(i32x4.minUnsigned(i32x4.shrUnsigned(exponent.get, 24), i32x4.const(100))),
        exponent.set(i32x4.shl(exponent.get, 8)),
        sum.set(i32x4.const(first)),
        ...coefficients.map((c) => sum.set(i32x4.sub(i32x4.const(c), i32x4.upperHalf(sum, exponent)))),
        // There is no shift by a different number of bits for each of the four.
        sum.set(i32x4.shl(sum.get, 4)),
        octaves.set(i32x4.unsignedFromF32(f32x4.powerOfTwo(i32x4.sub(i32x4.const(31), octaves.get)))),
        f32x4.store(here(out), i32x4.upperHalf(sum, octaves)),
      ),
    ];
  },
);

/**
 * The sum of the amounts of the numbers at or above a threshold, in eight parts: of the upper 16 bits of every fourth amount, and
 * of the lower ones.
 *
 * amountFrom(x, amounts, bytes, threshold, out)
 */
export const amountFrom: Func = func(
  'amountFrom',
  ['i32', 'i32', 'i32', 'f32', 'i32'],
  ([x, amounts, bytes, threshold, out], local) => {
    const [at, lowest, amount] = [local('i32'), local('v128'), local('v128')];
    const [upper, lower] = local('v128', 2);
    const here = (address: Local): Code => i32.add(address.get, at.get);
    return [
      lowest.set(f32x4.splat(threshold.get)),
      upper.set(f32x4.const(0)),
      lower.set(f32x4.const(0)),
      loop(
        at,
        i32.const(0),
        bytes.get,
        16,
        amount.set(i32x4.and(f32x4.load(here(amounts)), f32x4.ge(f32x4.load(here(x)), lowest.get))),
        upper.set(i32x4.add(upper.get, i32x4.shrUnsigned(amount.get, 16))),
        lower.set(i32x4.add(lower.get, i32x4.and(amount.get, i32x4.const(0xffff)))),
      ),
      f32x4.store(out.get, upper.get),
      f32x4.store(out.get, lower.get, 16),
    ];
  },
);
