import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';

/** The parts of a task that has several. */
export function setsOf<T>(task: Inputs): T[] {
  return (task.json() as { sets: T[] }).sets;
}

/** Computes the results of each part, or rejects its input. */
export async function eachSet<T extends { readonly name: string }>(
  task: Inputs,
  out: Outputs,
  compute: (set: T, index: number) => void,
): Promise<void> {
  for (const [s, set] of setsOf<T>(task).entries()) {
    const own = out.names.filter((name) => name.startsWith(`/sets/${s}/`) || name.startsWith(`out.${set.name}.`));
    await out.orReject(own, () => compute(set, s));
  }
}

/** Metrics by name; null if undefined. */
export type Figures = Readonly<Record<string, number | null>>;
