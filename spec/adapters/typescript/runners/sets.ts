import type { ConformanceCase } from '../../../harness/case.js';

/** The parts of a case that is made of several. */
export function setsOf<T>(reference: ConformanceCase): T[] {
  return (reference.json() as { sets: T[] }).sets;
}
