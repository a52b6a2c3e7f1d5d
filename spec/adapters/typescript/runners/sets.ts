import type { Inputs } from '../inputs.js';

/** The parts of a task that is made of several. */
export function setsOf<T>(task: Inputs): T[] {
  return (task.json() as { sets: T[] }).sets;
}

/** Figures by their names; null for those that have no value. */
export type Figures = Readonly<Record<string, number | null>>;
