/** Unpacks rows of weights in 16 or 8 bits to 32-bit floats. `src/nn/packed/packing.ts` describes the layout. */
import { type Func, func, i32s, type Local, loop, repeatWhile } from './assembler.js';
import { type Code, f32x4, i16x8, i32, i32x4 } from './instructions.js';

/**
 * Integers times their row's scale. With `together` = 4, rows are interleaved by four, eight numbers of each in turn; with 1,
 * they are one after another. (`src/nn/packed/packing.ts`)
 *
 * unpackBytes(words, together, scales, out, rows, count): rows without gaps to out; count is a multiple of 16. `rows` may end
 * inside a group of four.
 */
export const unpackBytes: Func = func('unpackBytes', i32s(6), (p, local) => {
  const [words, together, scales, out, rows, count] = p;
  const [row, inFour, at, step, end] = local('i32', 5);
  const [eight, factor] = local('v128', 2);
  const scaled = (numbers: Code): Code => f32x4.mul(f32x4.fromI32(numbers), factor.get);
  return [
    step.set(i32.shl(together.get, 3)),
    repeatWhile(
      i32.lt(row.get, rows.get),
      loop(
        inFour,
        i32.const(0),
        i32.min(together.get, i32.sub(rows.get, row.get)),
        1,
        factor.set(f32x4.loadSplat(scales.get)),
        at.set(words.get),
        end.set(i32.add(out.get, i32.shl(count.get, 2))),
        repeatWhile(
          i32.lt(out.get, end.get),
          eight.set(i16x8.load8(at.get)),
          f32x4.store(out.get, scaled(i32x4.fromLow(eight.get))),
          f32x4.store(out.get, scaled(i32x4.fromHigh(eight.get)), 16),
          at.advance(step.get),
          out.advance(32),
        ),
        words.advance(8),
        scales.advance(4),
      ),
      row.advance(together.get),
      words.advance(i32.mul(together.get, i32.sub(count.get, i32.const(8)))),
    ),
  ];
});

/** Mask of the sign, exponent and mantissa of a 16-bit float that was shifted to the position of a 32-bit one. */
export const KEPT = 0x8fffe000 | 0;

/**
 * Four 16-bit floats as 32-bit floats 2^112 times as small: the difference of the two formats' exponents. Exact, subnormal ones
 * too.
 *
 * @param kept four times {@link KEPT}
 */
export function smallFloats(address: Code, kept: Code, offset: number): Code {
  return i32x4.and(i32x4.shl(i32x4.load16(address, offset), 13), kept);
}

/** unpackHalves(words, 1, 0, out, rows, count): as unpackBytes, but without scales */
export const unpackHalves: Func = func('unpackHalves', i32s(6), (p, local) => {
  const [words, , , out, rows, count] = p;
  const end = local('i32');
  return [
    end.set(i32.add(words.get, i32.shl(i32.mul(rows.get, count.get), 1))),
    repeatWhile(
      i32.lt(words.get, end.get),
      ...[0, 4, 8, 12].map((quarter) =>
        f32x4.store(
          out.get,
          f32x4.mul(smallFloats(words.get, i32x4.const(KEPT), 2 * quarter), f32x4.const(2 ** 112)),
          4 * quarter,
        ),
      ),
      words.advance(32),
      out.advance(64),
    ),
  ];
});

/**
 * Of {@link raiseRow}. Weights are 2^112 times too small as {@link smallFloats} reads them; x is made larger before, but for what would
 * make a product of large ones infinite, which is made up for in the end.
 */
export const RAISED_BITS = 90;

/** Multiplies a row of floats by 2^{@link RAISED_BITS}. raiseRow(x, count, out): count is a multiple of 4 */
export const raiseRow: Func = func('raiseRow', ['i32', 'i32', 'i32'], ([x, count, out], local) => {
  const end = local('i32');
  return [
    end.set(i32.add(x.get, i32.shl(count.get, 2))),
    repeatWhile(
      i32.lt(x.get, end.get),
      f32x4.store(out.get, f32x4.mul(f32x4.load(x.get), f32x4.const(2 ** RAISED_BITS))),
      x.advance(16),
      out.advance(16),
    ),
  ];
});

/** Bits of {@link splitRow}, without the sign; and how many of them are the lower part's. */
const SPLIT_BITS = 25;
export const LOW_BITS = 11;

/** Sets each of four numbers to the largest magnitude of a row. @param at a variable that this may change */
export function setLargest(largest: Local, row: Local, at: Local, bytes: Local): Code[] {
  const four = f32x4.load(i32.add(row.get, at.get));
  return [
    largest.set(f32x4.const(0)),
    loop(at, i32.const(0), bytes.get, 16, largest.set(f32x4.max(largest.get, f32x4.abs(four)))),
    largest.set(f32x4.splat(f32x4.largest(largest))),
  ];
}

/**
 * Splits a row of floats into whole numbers of 16 bits, so that products with bytes are whole numbers too and exact:
 * `x = (high · 2^11 + low) · 2^-25 · largest |x|`, to the last of 25 bits.
 *
 * splitRow(x, count, out): count is a multiple of 16. To out go `high` and `low` of eight numbers in turn, and then the factor
 * `2^-25 · largest |x|`.
 */
export const splitRow: Func = func('splitRow', ['i32', 'i32', 'i32'], ([x, count, out], local) => {
  const [at, bytes, to] = local('i32', 3);
  const [largest, factor] = local('v128', 2);
  const whole = local('v128', 2);
  const high = local('v128', 2);
  const here = i32.add(x.get, at.get);
  const low = (i: number): Code => i32x4.sub(whole[i]!.get, i32x4.shl(high[i]!.get, LOW_BITS));
  const both = (of: (i: number) => Code): Code => i16x8.fromI32(of(0), of(1));
  return [
    bytes.set(i32.shl(count.get, 2)),
    ...setLargest(largest, x, at, bytes),
    factor.set(f32x4.div(f32x4.const(2 ** SPLIT_BITS), largest.get)),
    to.set(out.get),
    loop(
      at,
      i32.const(0),
      bytes.get,
      32,
      ...whole.map((numbers, i) =>
        numbers.set(i32x4.fromF32(f32x4.nearest(f32x4.mul(f32x4.load(here, 16 * i), factor.get)))),
      ),
      ...high.map((part, i) =>
        part.set(i32x4.shr(i32x4.add(whole[i]!.get, i32x4.const(2 ** (LOW_BITS - 1))), LOW_BITS)),
      ),
      f32x4.store(
        to.get,
        both((i) => high[i]!.get),
      ),
      f32x4.store(to.get, both(low), 16),
      to.advance(32),
    ),
    f32x4.store(to.get, f32x4.mul(largest.get, f32x4.const(2 ** -SPLIT_BITS))),
  ];
});

/** Bytes of a row of {@link splitRow}. */
export function splitBytes(count: number): number {
  return 4 * count + 16;
}
