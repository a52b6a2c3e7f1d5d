import type { CaseResult } from './run-case.js';

/** How many cases ended in which way. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function summaryOf(results: readonly CaseResult[]): Summary {
  const count = (status: CaseResult['status']) => results.filter((result) => result.status === status).length;
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip') };
}

export function summaryLine({ passed, failed, skipped }: Summary): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** A line for one case: that it passes and its worst error, or why not. */
export function reportLine({ name, kind, status, reason, compared, worst }: CaseResult): string {
  if (status !== 'pass') return `${status} ${name} (${kind}): ${reason}`;
  const results = `${compared} ${compared === 1 ? 'result' : 'results'}`;
  const error = worst ? `, worst absolute error ${worst.absolute.toPrecision(3)} in ${worst.tensor}` : '';
  return `pass ${name} (${kind}): ${results}${error}`;
}
