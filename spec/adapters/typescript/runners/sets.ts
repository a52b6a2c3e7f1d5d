import type { ConformanceCase } from '../../../harness/case.js';
import type { Tolerance } from '../../../harness/difference.js';

/** The parts of a case that is made of several. */
export function setsOf<T>(reference: ConformanceCase): T[] {
  return (reference.json() as { sets: T[] }).sets;
}

/** The values of a tensor, whatever they are stored as. */
export function valuesOf(reference: ConformanceCase, name: string): Float64Array {
  return Float64Array.from(reference.data.read(name) as ArrayLike<number>);
}

/** Every field of an entry that asks for numbers, as null: what is measured on nothing. */
export function nothing(expected: object): Record<string, null> {
  return Object.fromEntries(Object.keys(expected).map((field) => [field, null]));
}

/** An absolute tolerance. */
export function within(atol: number): Tolerance {
  return { rtol: 0, atol };
}
