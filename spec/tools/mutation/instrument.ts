import type { Mutant } from './mutants.js';

/** Name of the global function that instrumented code calls with the index of each mutant whose expression it evaluates. */
export const REACHED = '__reached';

/** A module in which each expression with a mutant also reports the mutant's index when it is evaluated. */
export function instrumented(text: string, mutants: readonly Mutant[], indexOf: (i: number) => number): string {
  const insertions = mutants.flatMap(({ within }, i) => [
    // At one position, expressions end before others begin; outer ones begin first and end last.
    { at: within.start, order: 1, size: -(within.end - within.start), text: `(${REACHED}(${indexOf(i)}), ` },
    { at: within.end, order: 0, size: within.end - within.start, text: ')' },
  ]);
  insertions.sort((a, b) => a.at - b.at || a.order - b.order || a.size - b.size);
  let [result, from] = ['', 0];
  for (const { at, text: inserted } of insertions) {
    result += text.slice(from, at) + inserted;
    from = at;
  }
  return result + text.slice(from);
}

/** A module with one mutant. */
export function mutated(text: string, { start, end, to }: Mutant): string {
  return text.slice(0, start) + to + text.slice(end);
}
