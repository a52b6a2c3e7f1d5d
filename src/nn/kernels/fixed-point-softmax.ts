/**
 * Fixed-point softmax. Sums of integers are exact in any order, so the same logits and the same random number give the same token
 * on every backend. The only floating-point operation is one subtraction, which is rounded equally everywhere; all others are
 * on 32-bit integers.
 */

/** A temperature, as {@link fixedPointWeights} uses it. */
export interface FixedPointScale {
  /** A power of two: factor of a logit difference before truncation. */
  readonly power: number;
  /** Factor of the truncated difference, in units of 2^-32, that gives a base-2 exponent in units of 2^-24. Below 2^32. */
  readonly factor: number;
}

/** The scale for a temperature above 1e-30. */
export function fixedPointScale(temperature: number): FixedPointScale {
  const power = 2 ** (25 - Math.floor(Math.log2(temperature)));
  return { power, factor: Math.round((Math.LOG2E * 2 ** 56) / (temperature * power)) };
}

/**
 * `2^31 · e^((logit - highest) / temperature)`, with a relative error of 1e-7 or an absolute error of 2, whichever is larger.
 *
 * @param logits  [V], finite or -Infinity
 * @param highest the highest logit, finite
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

/** `2^(28 - x)`, at most 1 too small; x in units of 2^-24, below 2^24. */
function inverseExp2(x: number): number {
  let sum = 0;
  for (const coefficient of INVERSE_EXP2) sum = coefficient - Math.floor((sum * x) / 2 ** 24);
  return sum;
}

/** Coefficients of the minimax polynomial in -x for `2^(28 - x)`, x from 0 to 1, highest power first. */
export const INVERSE_EXP2 = [29128, 341732, 2570809, 14895328, 64484630, 186065234, 2 ** 28 - 1] as const;

/** `⌊a b / 2^32⌋` for integers below 2^32, whose product exceeds the exact range of a double. */
function upperHalf(a: number, b: number): number {
  const low = Math.floor((a * (b & 0xffff)) / 2 ** 16);
  return Math.floor((a * (b >>> 16) + low) / 2 ** 16);
}

/** A fraction in [0, 1), in units of 2^-32. */
export function toFixedPoint(share: number): number {
  return Math.floor(share * 2 ** 32);
}

/** A fraction of a sum of weights, rounded down. @param share in units of 2^-32 */
export function fixedPointProduct(total: number, share: number): number {
  return Number((BigInt(total) * BigInt(share)) >> 32n);
}
