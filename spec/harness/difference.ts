/** A value may be off by `atol + rtol · |expected|`. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** A result that is not what was expected. */
export interface Difference {
  readonly tensor: string;
  /** Description of the difference. */
  readonly message: string;
  /** The largest errors of all its values, and the index of the value that is furthest beyond its tolerance. */
  readonly worstAbsolute?: number;
  readonly worstRelative?: number;
  readonly index?: readonly number[];
}

/** Of numbers whose case says in words that they are double-precision arithmetic. */
const DOUBLE: Tolerance = { rtol: 1e-9, atol: 1e-12 };

/** The tolerance that a case states for its numbers. */
export function toleranceOf(stated: Readonly<Record<string, unknown>> | undefined): Tolerance {
  const { rtol, atol } = stated ?? {};
  return typeof rtol === 'number' && typeof atol === 'number' ? { rtol, atol } : DOUBLE;
}

/**
 * Compares value by value. Infinities must be the same; NaN is equal only to NaN.
 *
 * @returns the difference, if there is one, and the largest errors of all finite values
 */
export function differenceOf(
  tensor: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  shape: readonly number[],
  { rtol, atol }: Tolerance,
): { difference: Difference | undefined; absolute: number; relative: number } {
  let [absolute, relative, excess, at] = [0, 0, 0, -1];
  if (actual.length !== expected.length) {
    const message = `has ${actual.length} values instead of ${expected.length}`;
    return { difference: { tensor, message }, absolute, relative };
  }
  for (let i = 0; i < expected.length; i++) {
    const [ours, theirs] = [actual[i]!, expected[i]!];
    if (Object.is(ours, theirs) || ours === theirs) continue;
    const error = Math.abs(ours - theirs);
    const allowed = atol + rtol * Math.abs(theirs);
    const beyond = Number.isFinite(error) && allowed > 0 ? error / allowed : Number.POSITIVE_INFINITY;
    absolute = Math.max(absolute, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
    if (theirs !== 0) relative = Math.max(relative, Number.isFinite(error) ? error / Math.abs(theirs) : absolute);
    if (beyond > 1 && beyond > excess) [excess, at] = [beyond, i];
  }
  if (at < 0) return { difference: undefined, absolute, relative };
  const index = unravel(at, shape);
  const message =
    `is ${actual[at]} instead of ${expected[at]} at [${index.join(', ')}]; ` +
    `worst absolute error ${absolute.toPrecision(3)}, worst relative error ${relative.toPrecision(3)}`;
  const difference = { tensor, message, worstAbsolute: absolute, worstRelative: relative, index };
  return { difference, absolute, relative };
}

function unravel(index: number, shape: readonly number[]): number[] {
  const result: number[] = [];
  let rest = index;
  for (const size of shape.toReversed()) {
    result.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return result;
}
