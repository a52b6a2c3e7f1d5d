import { diagnose, type Suspect } from '../diagnosis.js';
import type { Outcome, Status } from '../judge.js';
import type { Requirement } from '../requirements.js';

/** How many vectors ended in which way; of those that did not pass, how many were known to. */
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

/** A line for one vector: its worst error if it passes, or the reason if not. */
export function reportLine({ name, kind, status, reason, compared, worst }: Outcome): string {
  if (status !== 'pass') return `${status} ${name} (${kind}): ${reason}`;
  const results = `${compared} ${compared === 1 ? 'result' : 'results'}`;
  const error = worst ? `, worst absolute error ${worst.absolute.toPrecision(3)} in ${worst.result}` : '';
  return `pass ${name} (${kind}): ${results}${error}`;
}

/** Number of suspects shown. */
const SHOWN = 3;

/** The requirements that failed, the likeliest mistake first: the text of each, possible mistakes, and an example. */
export function diagnosisLines(outcomes: readonly Outcome[], requirements: readonly Requirement[]): string[] {
  return diagnose(outcomes)
    .slice(0, SHOWN)
    .flatMap(({ requirement, failed, passed, example, flags }) => [
      `${requirement} failed in ${failed} of ${failed + passed} vectors: ${textOf(requirement, requirements)}`,
      ...flags.map(({ bug, catches }) => `  ${bug}: ${catches}`),
      `  ${example.name}: ${example.reason}`,
    ]);
}

/** The beginning of a requirement. */
export function textOf(id: Suspect['requirement'], requirements: readonly Requirement[]): string {
  const text = requirements.find((requirement) => requirement.id === id)?.text ?? '';
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
