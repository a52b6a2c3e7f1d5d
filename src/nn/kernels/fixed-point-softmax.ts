/**
 * How likely tokens are, in whole numbers: sums of these are exact, whatever the order, so that the same logits and the same
 * random number give the same token wherever it is drawn. Only one operation is on floating-point numbers, a difference, which
 * is rounded alike everywhere; all others are on whole numbers of 32 bits.
 */

/** A temperature, as {@link fixedPointWeights} uses it. */
export interface FixedPointScale {
  /** A power of two: what a difference of logits is multiplied by before its fraction is cut off. */
  readonly power: number;
  /** What that is multiplied by, in units of 2^-32, to give powers of two in units of 2^-24. Below 2^32. */
  readonly factor: number;
}

/** @param temperature above 1e-30 */
export function fixedPointScale(temperature: number): FixedPointScale {
  const power = 2 ** (25 - Math.floor(Math.log2(temperature)));
  return { power, factor: Math.round((Math.LOG2E * 2 ** 56) / (temperature * power)) };
}

/**
 * `2^31 · e^((logit - highest) / temperature)`, to within 1e-7 of itself or 2, whichever is more.
 *
 * @param logits  [V], finite or -Infinity
 * @param highest of them, finite
 * @returns       [V], below 2^31
 */
export function fixedPointWeights(
  logits: Float32Array,
  highest: number,
  { power, factor }: FixedPointScale,
): Uint32Array {
  const weights = new Uint32Array(logits.length);
  for (let i = 0; i < logits.length; i++) {
    const gap = Math.min(Math.floor(Math.fround(highest - logits[i]!) * power), 2 ** 32 - 1);
    const exponent = upperHalf(gap, factor);
    const octaves = exponent >>> 24;
    if (octaves < 32) weights[i] = (8 * inverseExp2(exponent & 0xffffff)) >>> octaves;
  }
  return weights;
}

/** `2^(28 - x)`, less 1 at most; x in units of 2^-24, below 2^24. */
function inverseExp2(x: number): number {
  let sum = 0;
  for (const coefficient of INVERSE_EXP2) sum = coefficient - Math.floor((sum * x) / 2 ** 24);
  return sum;
}

/** Of the polynomial in -x that is nearest to `2^(28 - x)` for x from 0 to 1, highest power first. */
export const INVERSE_EXP2 = [29128, 341732, 2570809, 14895328, 64484630, 186065234, 2 ** 28 - 1] as const;

/** `⌊a b / 2^32⌋` for whole numbers below 2^32, whose product has more digits than a number here. */
function upperHalf(a: number, b: number): number {
  const low = Math.floor((a * (b & 0xffff)) / 2 ** 16);
  return Math.floor((a * (b >>> 16) + low) / 2 ** 16);
}

/** A share of a whole, from 0 to below 1, in units of 2^-32. */
export function toFixedPoint(share: number): number {
  return Math.floor(share * 2 ** 32);
}

/** The share of a sum of weights, rounded down. @param share in units of 2^-32 */
export function fixedPointProduct(total: number, share: number): number {
  return Number((BigInt(total) * BigInt(share)) >> 32n);
}
