import type { TensorData } from '../../src/checkpoints/dtypes.js';
import type { Result, ResultTensor } from './results.js';
import { judgeOf, type Tolerance, type ToleranceContext, wholeFailure } from './tolerance.js';
import type { Expected, ExpectedTensor } from './vector.js';

/** A result that differs from the expected one. */
export interface Difference {
  readonly result: string;
  /** The difference in one sentence. */
  readonly message: string;
  /** The index of the value furthest beyond its tolerance, or a JSON pointer. */
  readonly at?: string;
  readonly worstAbsolute?: number;
  readonly worstRelative?: number;
  /** How many values are beyond their tolerance, and of how many. */
  readonly wrong?: number;
  readonly count?: number;
}

/** The comparison of a result. */
export interface Compared {
  readonly difference?: Difference;
  /** The largest absolute and relative errors, within the tolerance or not. */
  readonly absolute: number;
  readonly relative: number;
}

const EQUAL: Compared = { absolute: 0, relative: 0 };

/**
 * Compares a result with what is expected.
 *
 * @param other another expected result or input, by name
 */
export function compare(
  expected: Expected,
  actual: Result | undefined,
  other: (name: string) => ArrayLike<number>,
): Compared {
  const { name } = expected;
  if (!actual) return wrong(name, 'is missing');
  if (expected.kind === 'rejection') {
    return 'rejected' in actual ? EQUAL : wrong(name, 'is a result, but the input must be rejected');
  }
  if ('rejected' in actual) {
    if (expected.kind === 'tensor' && expected.entry.rejection === 'allowed') return EQUAL;
    return wrong(name, `was rejected, but the input is valid: ${brief(actual.rejected)}`);
  }
  if (expected.kind === 'tensor') {
    if (!('tensor' in actual)) return wrong(name, 'is no tensor');
    return compareTensor(name, actual.tensor, expected.entry, expected.read(), expected.tolerance, other);
  }
  if (!('value' in actual)) return wrong(name, 'is a tensor instead of a value');
  return compareValue(name, actual.value, expected.value, expected.tolerance, other);
}

/** Digits that tell any two numbers of single precision apart. */
const DIGITS = 9;

/** Two numbers, with as many digits as tell them apart. */
function distinct(actual: number, expected: number): string {
  const [short, wanted] = [actual, expected].map((x) => Number(x.toPrecision(DIGITS)));
  return Object.is(short, wanted) ? `${actual} instead of ${expected}` : `${short} instead of ${wanted}`;
}

function wrong(result: string, message: string): Compared {
  return { difference: { result, message }, absolute: 0, relative: 0 };
}

function compareTensor(
  name: string,
  { dtype, shape, data }: ResultTensor,
  entry: ExpectedTensor,
  expected: TensorData,
  tolerance: Tolerance,
  other: (name: string) => ArrayLike<number>,
): Compared {
  if (String(shape) !== String(entry.shape)) {
    return wrong(name, `has shape [${shape.join(', ')}] instead of [${entry.shape.join(', ')}]`);
  }
  if (dtype !== entry.dtype) return wrong(name, `has dtype ${dtype} instead of ${entry.dtype}`);
  const context = { shape: entry.shape, other };
  return compareNumbers(
    name,
    data as Float32Array,
    expected as Float32Array,
    tolerance,
    context,
    (index) => `[${unravel(index, shape).join(', ')}]`,
  );
}

function compareNumbers(
  name: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
  context: ToleranceContext,
  place: (index: number) => string,
): Compared {
  if (actual.length !== expected.length) {
    return wrong(name, `has ${actual.length} values instead of ${expected.length}`);
  }
  const judge = judgeOf(tolerance, actual, expected, context);
  let [absolute, relative, excess, at, wrongCount] = [0, 0, 0, -1, 0];
  for (let i = 0; i < expected.length; i++) {
    const { error, excess: beyond } = judge(actual[i]!, expected[i]!, i);
    if (error === 0) continue;
    absolute = Math.max(absolute, error);
    if (expected[i] !== 0) relative = Math.max(relative, error / Math.abs(expected[i]!) || error);
    if (beyond <= 1) continue;
    wrongCount++;
    if (beyond > excess) [excess, at] = [beyond, i];
  }
  const whole = wholeFailure(tolerance, actual, expected, context);
  if (tolerance.form === 'cosine' || tolerance.form === 'share') {
    return whole === undefined ? { absolute, relative } : { ...wrong(name, whole), absolute, relative };
  }
  if (at < 0) return { absolute, relative };
  const where = place(at) ? ` at ${place(at)}` : '';
  const extent =
    expected.length === 1
      ? ''
      : `; ${wrongCount} of ${expected.length} values differ, worst absolute error ${absolute.toPrecision(3)}, ` +
        `worst relative error ${relative.toPrecision(3)}`;
  const message = `is ${distinct(actual[at]!, expected[at]!)}${where}${extent}`;
  const difference: Difference = {
    result: name,
    message,
    at: place(at),
    worstAbsolute: absolute,
    worstRelative: relative,
    wrong: wrongCount,
    count: expected.length,
  };
  return { difference, absolute, relative };
}

/** The notation of numbers that JSON does not have. */
const NON_FINITE: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  nan: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && Object.hasOwn(NON_FINITE, value) ? NON_FINITE[value] : undefined;
}

/** Compares JSON values: numbers within the tolerance, everything else exactly. */
function compareValue(
  name: string,
  actual: unknown,
  expected: unknown,
  tolerance: Tolerance,
  other: (name: string) => ArrayLike<number>,
): Compared {
  const isOpen = tolerance.form === 'fields';
  const pairs: { at: string; actual: number; expected: number }[] = [];
  const ordered = tolerance.form === 'unordered' ? [sorted(actual), sorted(expected)] : [actual, expected];
  const first = structureDifference('', ordered[0], ordered[1], isOpen, pairs);
  if (first) return { difference: { result: name, ...first }, absolute: 0, relative: 0 };
  if (pairs.length === 0) return EQUAL;
  return compareNumbers(
    name,
    pairs.map((pair) => pair.actual),
    pairs.map((pair) => pair.expected),
    isOpen ? tolerance.fields : tolerance,
    { shape: [pairs.length], other },
    (index) => pairs[index]!.at,
  );
}

function sorted(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** The first difference other than between numbers. The pairs of numbers are collected. */
function structureDifference(
  at: string,
  actual: unknown,
  expected: unknown,
  isOpen: boolean,
  pairs: { at: string; actual: number; expected: number }[],
): { message: string; at: string } | undefined {
  const differs = (message: string) => ({ message: at ? `${message} at ${at}` : message, at });
  const [a, e] = [numberOf(actual), numberOf(expected)];
  if (a !== undefined && e !== undefined) {
    pairs.push({ at, actual: a, expected: e });
    return undefined;
  }
  if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null) {
    return actual === expected ? undefined : differs(`is ${brief(actual)} instead of ${brief(expected)}`);
  }
  if (Array.isArray(expected) !== Array.isArray(actual)) {
    return differs(`is ${brief(actual)} instead of ${brief(expected)}`);
  }
  if (Array.isArray(expected) && expected.length !== (actual as unknown[]).length) {
    return differs(`has ${(actual as unknown[]).length} entries instead of ${expected.length}`);
  }
  const [theirs, ours] = [expected as Record<string, unknown>, actual as Record<string, unknown>];
  for (const key of Object.keys(theirs)) {
    if (!Object.hasOwn(ours, key)) return differs(`lacks ${JSON.stringify(key)}`);
    const found = structureDifference(`${at}/${key}`, ours[key], theirs[key], isOpen, pairs);
    if (found) return found;
  }
  const extra = isOpen ? undefined : Object.keys(ours).find((key) => !Object.hasOwn(theirs, key));
  return extra === undefined ? undefined : differs(`has ${JSON.stringify(extra)}, which is not expected`);
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

export function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
