/** Tolerance of a result. The forms are a closed set; `spec/schemas/vector.json` describes them. */
export type Tolerance =
  /** The same values. NaN is equal to NaN. */
  | { readonly form: 'exact' }
  /** |actual − expected| ≤ atol + rtol · |expected|. With `nan: 'any'`, where NaN is expected any number is right. */
  | { readonly form: 'close'; readonly atol: number; readonly rtol: number; readonly nan?: 'any' }
  /** The same list in any order. */
  | { readonly form: 'unordered' }
  /** An object that may have more fields than the expected one, each of which is compared with the tolerance `fields`. */
  | { readonly form: 'fields'; readonly fields: Tolerance }
  /** As `close` with rtol 0, on a circle: hues, of which `period` is the same as 0. */
  | { readonly form: 'circular'; readonly period: number; readonly atol: number }
  /** A form for each index of the last axis. */
  | { readonly form: 'channels'; readonly channels: readonly Tolerance[] }
  /** Angles in degrees: `atol`, and `straightAtol` for an expected angle within `straight` of 0 or 180. */
  | { readonly form: 'angle'; readonly atol: number; readonly straight: number; readonly straightAtol: number }
  /**
   * Rows of `width` numbers, each within `atol`. Rows of rotations by nearly π, which the result or input `nearPi` marks,
   * may have the opposite sign, within `piAtol`.
   */
  | {
      readonly form: 'sign';
      readonly width: number;
      readonly atol: number;
      readonly nearPi: string;
      readonly piAtol: number;
    }
  /** As `sign` with width 3, for rotation vectors, after whole turns are taken off the expected ones. */
  | { readonly form: 'rotation'; readonly atol: number; readonly nearPi: string; readonly piAtol: number }
  /** At least this cosine of the angle between both, taken as vectors. */
  | { readonly form: 'cosine'; readonly least: number }
  /** At least this share of the values is within `of`. */
  | { readonly form: 'share'; readonly least: number; readonly of: Tolerance }
  /**
   * Ids, exact where the expected scores decide: an id may be another one where `margins`, numbers or a result of the same
   * shape, is at most `tie`; or, with `scores`, where its expected score and that of the expected id are in one row and differ
   * by at most `tie`.
   */
  | {
      readonly form: 'untied';
      readonly margins?: string | readonly number[];
      readonly scores?: string;
      readonly tie: number;
    };

/** Data that a form may need besides the values. */
export interface ToleranceContext {
  readonly shape: readonly number[];
  /** Another expected result or input. */
  other(name: string): ArrayLike<number>;
}

/** Deviation of one value. */
export interface Deviation {
  /** |actual − expected|; 0 where they are the same. */
  readonly error: number;
  /** The error divided by the tolerance; above 1, the value is wrong. */
  readonly excess: number;
}

type Judge = (actual: number, expected: number, index: number) => Deviation;

/** Compares the values of a tensor one by one; for the two forms that compare all of them at once, see {@link wholeFailure}. */
export function judgeOf(
  tolerance: Tolerance,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  context: ToleranceContext,
): Judge {
  switch (tolerance.form) {
    case 'exact':
    case 'unordered':
    case 'fields':
    case 'cosine':
      return (a, e) => deviation(Math.abs(a - e), 0, a, e);
    case 'close':
      return (a, e) =>
        tolerance.nan === 'any' && Number.isNaN(e)
          ? { error: 0, excess: 0 }
          : deviation(Math.abs(a - e), tolerance.atol + tolerance.rtol * Math.abs(e), a, e);
    case 'circular': {
      const { period, atol } = tolerance;
      return (a, e) => {
        const turns = Math.round((e - a) / period);
        return deviation(Math.abs(a + period * (Number.isFinite(turns) ? turns : 0) - e), atol, a, e);
      };
    }
    case 'channels': {
      const judges = tolerance.channels.map((channel) => judgeOf(channel, actual, expected, context));
      return (a, e, i) => judges[i % judges.length]!(a, e, i);
    }
    case 'angle': {
      const { atol, straight, straightAtol } = tolerance;
      return (a, e) => {
        const isStraight = e < straight || e > 180 - straight;
        return deviation(Math.abs(a - e), isStraight ? straightAtol : atol, a, e);
      };
    }
    case 'sign':
    case 'rotation':
      return judgeRows(tolerance, actual, expected, context);
    case 'share':
      return judgeOf(tolerance.of, actual, expected, context);
    case 'untied':
      return judgeIds(tolerance, expected, context);
  }
}

function deviation(error: number, allowed: number, actual: number, expected: number): Deviation {
  if (Object.is(actual, expected) || actual === expected) return { error: 0, excess: 0 };
  if (!Number.isFinite(error)) return { error: Number.POSITIVE_INFINITY, excess: Number.POSITIVE_INFINITY };
  return { error, excess: allowed > 0 ? error / allowed : error > 0 ? Number.POSITIVE_INFINITY : 0 };
}

function judgeRows(
  tolerance: Extract<Tolerance, { form: 'sign' | 'rotation' }>,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  context: ToleranceContext,
): Judge {
  const width = tolerance.form === 'sign' ? tolerance.width : 3;
  const nearPi = context.other(tolerance.nearPi);
  const rowOf = (values: ArrayLike<number>, row: number) =>
    Array.from({ length: width }, (_, i) => values[row * width + i]!);
  return (a, _, index) => {
    const [row, column] = [Math.floor(index / width), index % width];
    const given = rowOf(expected, row);
    const wanted = tolerance.form === 'rotation' ? withoutTurns(given) : given;
    const isNearPi = nearPi[row] === 1;
    const dot = wanted.reduce((sum, value, i) => sum + value * rowOf(actual, row)[i]!, 0);
    const facing = isNearPi && dot < 0 ? -a : a;
    return deviation(
      Math.abs(facing - wanted[column]!),
      isNearPi ? tolerance.piAtol : tolerance.atol,
      facing,
      wanted[column]!,
    );
  };
}

/** The same rotation, with an angle of at most π. */
function withoutTurns(vector: readonly number[]): number[] {
  const angle = Math.hypot(...vector);
  const turns = Math.round(angle / (2 * Math.PI));
  return turns === 0 ? [...vector] : vector.map((part) => (part * (angle - 2 * Math.PI * turns)) / angle);
}

function judgeIds(
  { margins, scores, tie }: Extract<Tolerance, { form: 'untied' }>,
  expected: ArrayLike<number>,
  context: ToleranceContext,
): Judge {
  const wrong = (a: number, e: number): Deviation => deviation(Math.abs(a - e), 0, a, e);
  const same: Deviation = { error: 0, excess: 0 };
  if (margins !== undefined) {
    const values = typeof margins === 'string' ? context.other(margins) : margins;
    return (a, e, i) => (values[i]! <= tie ? same : wrong(a, e));
  }
  const values = context.other(scores!);
  const width = context.shape.at(-1)!;
  return (a, e, i) => {
    const start = Math.floor(i / width) * width;
    const row = Array.from({ length: width }, (_, k) => expected[start + k]!);
    const at = row.indexOf(a);
    // An id that is not in the row may replace one of the last ranks, whose competitors the row does not list.
    const score = at >= 0 ? values[start + at]! : values[start + width - 1]!;
    return Math.abs(score - values[i]!) <= tie ? same : wrong(a, e);
  };
}

/** The failure of a form that compares all values together; undefined if they pass. */
export function wholeFailure(
  tolerance: Tolerance,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  context: ToleranceContext,
): string | undefined {
  if (tolerance.form === 'cosine') {
    let [dot, a, e] = [0, 0, 0];
    for (let i = 0; i < expected.length; i++) {
      dot += actual[i]! * expected[i]!;
      a += actual[i]! ** 2;
      e += expected[i]! ** 2;
    }
    const cosine = a === 0 && e === 0 ? 1 : dot / Math.sqrt(a * e);
    return cosine >= tolerance.least ? undefined : `has cosine ${cosine} with what is expected, not ${tolerance.least}`;
  }
  if (tolerance.form === 'share') {
    const judge = judgeOf(tolerance.of, actual, expected, context);
    let right = 0;
    for (let i = 0; i < expected.length; i++) if (judge(actual[i]!, expected[i]!, i).excess <= 1) right++;
    const share = expected.length === 0 ? 1 : right / expected.length;
    return share >= tolerance.least ? undefined : `is right in ${share} of its values, not ${tolerance.least}`;
  }
  return undefined;
}
