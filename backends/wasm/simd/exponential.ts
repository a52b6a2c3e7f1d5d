import type { Local, NewLocal } from './assembler.js';
import { type Code, f32x4, type MultiplyAdd } from './instructions.js';

/**
 * `e^x` of four numbers, to two units in the last place: `2^n · e^r` with `n = round(x / ln 2)`, and a polynomial for `e^r`, |r| <
 * 0.35 (the coefficients of Cephes' `expf`). Below -87 the result is 0; above 88 it is e^88.
 *
 * @returns a function that emits the instructions to replace x by `e^x`
 */
export function exponential(local: NewLocal, multiplyAdd: MultiplyAdd): (x: Local) => Code[] {
  const [given, shifted, n, sum] = local('v128', 4);
  return (x) => [
    given.set(x.get),
    x.set(f32x4.atMost(f32x4.atLeast(x.get, f32x4.const(-87)), f32x4.const(88))),
    shifted.set(multiplyAdd(x.get, f32x4.const(Math.LOG2E), f32x4.const(ROUNDER))),
    n.set(f32x4.sub(shifted.get, f32x4.const(ROUNDER))),
    x.set(multiplyAdd(n.get, f32x4.const(-LN2_HIGH), x.get)),
    x.set(multiplyAdd(n.get, f32x4.const(-LN2_LOW), x.get)),
    sum.set(f32x4.const(COEFFICIENTS[0]!)),
    ...COEFFICIENTS.slice(1).map((c) => sum.set(multiplyAdd(sum.get, x.get, f32x4.const(c)))),
    x.set(f32x4.zeroWhere(given.get, f32x4.const(-87), f32x4.mul(sum.get, f32x4.powerOfTwo(shifted.get)))),
  ];
}

/** 1.5 · 2^23: added to a small number, it rounds it and leaves the whole number in the lowest bits. */
const ROUNDER = 12582912;

/** ln 2 in two parts, of which the first has few digits, so that its multiples are exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;

/** Highest power first. */
const COEFFICIENTS = [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5, 1, 1];
