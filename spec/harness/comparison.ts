import { isDeepStrictEqual } from 'node:util';
import type { ConformanceCase } from './case.js';
import { type Difference, differenceOf, type Tolerance, toleranceOf } from './difference.js';

/** How far off the numbers of a case were at most, whether tolerated or not. */
export interface WorstError {
  readonly tensor: string;
  readonly absolute: number;
  readonly relative: number;
}

/** Measures by name. */
export type Figures = Readonly<Record<string, number | null>>;

/** Holds results against the expected ones, and remembers which have not had their turn. */
export class Comparison {
  readonly #case: ConformanceCase;
  readonly #tolerance: Tolerance;
  readonly #waiting: Set<string>;
  #first: Difference | undefined;
  #worst: WorstError | undefined;
  #compared = 0;

  constructor(reference: ConformanceCase) {
    this.#case = reference;
    this.#tolerance = toleranceOf(reference.about.tolerance);
    const stored = reference.hasTensors ? [...reference.data.tensors.keys()] : [];
    const promised = Object.keys(reference.about.expected ?? {});
    this.#waiting = new Set([...stored.filter((name) => name.startsWith('out.')), ...promised]);
  }

  /** The first result that differs. */
  get difference(): Difference | undefined {
    return this.#first;
  }

  get worst(): WorstError | undefined {
    return this.#worst;
  }

  /** How many results have been compared. */
  get compared(): number {
    return this.#compared;
  }

  /** Results that were expected and never came. */
  get missing(): string[] {
    return [...this.#waiting];
  }

  /** Whether a case has this result. */
  expects(name: string): boolean {
    return this.#case.data.tensors.has(name);
  }

  /**
   * Compares a tensor: numbers within the tolerance of the case, ids and masks exactly.
   *
   * @param tolerance where a case states another one for this result
   */
  tensor(name: string, actual: ArrayLike<number>, tolerance: Tolerance = this.#tolerance): void {
    const { dtype, shape } = this.#case.data.tensors.get(name) ?? { dtype: undefined, shape: [] };
    const expected = dtype ? (this.#case.data.read(name) as Float32Array) : undefined;
    const exact = dtype !== undefined && !/^B?F\d/.test(dtype);
    this.#record(name, actual, expected, shape, exact ? { rtol: 0, atol: 0 } : tolerance);
  }

  /** A result that the case allows to be refused, and was: it counts as compared. */
  refused(name: string): void {
    this.#compared++;
    this.#waiting.delete(name);
  }

  /** Compares a tensor of whole numbers of which a case says how far off each may be. */
  within(name: string, actual: ArrayLike<number>, most: number): void {
    const shape = this.#case.data.tensors.get(name)?.shape ?? [];
    const expected = this.expects(name) ? (this.#case.data.read(name) as Uint8Array) : undefined;
    this.#record(name, actual, expected, shape, { rtol: 0, atol: most });
  }

  /** Compares numbers that are no tensor of the case. */
  numbers(
    name: string,
    actual: ArrayLike<number>,
    expected: ArrayLike<number>,
    tolerance: Tolerance = this.#tolerance,
  ): void {
    this.#record(name, actual, expected, [expected.length], tolerance);
  }

  /** Compares figures by their names, null for those that have no value. Figures that did not come count as not compared. */
  figures(name: string, actual: Figures, expected: Figures, tolerance: Tolerance = this.#tolerance): void {
    for (const [field, wanted] of Object.entries(expected)) {
      const [figure, ours] = [`${name}.${field}`, actual[field]];
      if (ours === undefined) this.#waiting.add(figure);
      else if (wanted === null || ours === null) this.value(figure, ours, wanted);
      else this.numbers(figure, [ours], [wanted], tolerance);
    }
  }

  /** Compares anything that JSON can say, exactly. */
  value(name: string, actual: unknown, expected: unknown): void {
    this.#compared++;
    if (isDeepStrictEqual(actual, expected)) return;
    this.#first ??= { tensor: name, message: `is ${brief(actual)} instead of ${brief(expected)}` };
  }

  /**
   * Compares an entry of a case that is JSON, field by field. Fields that are neither inputs nor among the results count as
   * not compared, and so does an entry without any of the results.
   *
   * @param inputs fields that are no results, or are compared elsewhere
   */
  entry(name: string, entry: object, inputs: readonly string[], results: Readonly<Record<string, unknown>> = {}): void {
    const expected = Object.entries(entry).filter(([field]) => !inputs.includes(field));
    for (const [field, value] of expected) {
      if (Object.hasOwn(results, field)) this.value(`${name}.${field}`, results[field], value);
      else this.#waiting.add(`${name}.${field}`);
    }
    if (expected.length === 0 && Object.keys(results).length > 0) this.#waiting.add(`${name} (without a result)`);
  }

  #record(
    name: string,
    actual: ArrayLike<number>,
    expected: ArrayLike<number> | undefined,
    shape: readonly number[],
    tolerance: Tolerance,
  ): void {
    if (!expected) {
      this.#first ??= { tensor: name, message: 'is not among the expected results' };
      return;
    }
    this.#compared++;
    this.#waiting.delete(name);
    const { difference, absolute, relative } = differenceOf(name, actual, expected, shape, tolerance);
    this.#first ??= difference;
    if (!this.#worst || absolute > this.#worst.absolute) this.#worst = { tensor: name, absolute, relative };
  }
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
