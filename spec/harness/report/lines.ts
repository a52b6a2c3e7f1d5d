import type { Outcome, Status } from '../judge.js';

/** How many vectors ended in which way. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly errored: number;
  readonly skipped: number;
}

export function summaryOf(outcomes: readonly Outcome[]): Summary {
  const count = (status: Status) => outcomes.filter((outcome) => outcome.status === status).length;
  return { passed: count('pass'), failed: count('fail'), errored: count('errored'), skipped: count('skip') };
}

export function summaryLine({ passed, failed, errored, skipped }: Summary): string {
  return `${passed} passed, ${failed} failed, ${errored} errored, ${skipped} skipped`;
}

/** A line for one vector: that it passes and its worst error, or why not. */
export function reportLine({ name, kind, status, reason, compared, worst }: Outcome): string {
  if (status !== 'pass') return `${status} ${name} (${kind}): ${reason}`;
  const results = `${compared} ${compared === 1 ? 'result' : 'results'}`;
  const error = worst ? `, worst absolute error ${worst.absolute.toPrecision(3)} in ${worst.result}` : '';
  return `pass ${name} (${kind}): ${results}${error}`;
}
