import { readFileSync } from 'node:fs';
import { InvalidInputError } from '../../src/errors.js';
import { selectVectors } from './filter.js';
import { findVectors } from './find-vectors.js';
import type { Outcome } from './judge.js';
import { KnownFailures } from './known-failures.js';
import { htmlReport } from './report/html.js';
import { junitReport } from './report/junit.js';
import { diagnosisLines, reportLine, summaryLine, summaryOf } from './report/lines.js';
import { readRequirements } from './requirements.js';
import type { Implementation } from './results.js';
import { runVectors } from './run-vectors.js';

export const REPORTS = ['html', 'json', 'junit'] as const;

export interface RunOptions {
  /** The specification: the folder with its pages and `VERSION`. */
  readonly spec: string;
  readonly tier?: readonly string[] | undefined;
  readonly filter?: string | undefined;
  readonly report?: (typeof REPORTS)[number] | undefined;
  /** A file of {@link KnownFailures}. */
  readonly knownFailures?: string | undefined;
  /** See `VectorFolder.open`. */
  readonly probe?: Implementation | undefined;
}

/**
 * Runs the vectors of a folder and prints lines, or one document at the end.
 *
 * @param print   prints a line, or lines
 * @param between called after every vector; an error that it throws ends the run
 * @returns the number of failed vectors that are not known failures
 * @throws InvalidInputError if there is nothing to run
 */
export async function runFolder(
  folder: string,
  implementation: Implementation,
  options: RunOptions,
  print: (text: string) => void,
  between: () => Promise<void> | void = () => {},
): Promise<number> {
  const { report, tier: tiers, probe } = options;
  const known = options.knownFailures === undefined ? undefined : KnownFailures.read(options.knownFailures);
  const vectors = selectVectors(findVectors(folder), options.filter);
  const outcomes: Outcome[] = [];
  try {
    for await (const outcome of runVectors(vectors, implementation, { tiers, probe })) {
      outcomes.push(outcome);
      const isKnown = outcome.status !== 'pass' && known?.has(outcome);
      if (!report) print(`${isKnown ? 'known: ' : ''}${reportLine(outcome)}`);
      await between();
    }
  } finally {
    await implementation.close();
  }
  if (outcomes.length === 0) throw new InvalidInputError('no vector is of these tiers');
  print(reportOf(options, implementation.name, outcomes, known));
  return outcomes.filter((outcome) => ['fail', 'errored'].includes(outcome.status) && !known?.has(outcome)).length;
}

function reportOf(
  { report, spec }: RunOptions,
  implementation: string,
  outcomes: readonly Outcome[],
  known: KnownFailures | undefined,
): string {
  const summary = summaryOf(outcomes);
  const requirements = readRequirements(spec);
  const version = readFileSync(`${spec}/VERSION`, 'utf8').trim();
  switch (report) {
    case 'json':
      return JSON.stringify({ implementation, version, vectors: outcomes, ...summary }, null, 2);
    case 'junit':
      return junitReport(implementation, outcomes);
    case 'html':
      return htmlReport({ implementation, version, requirements }, outcomes);
    default:
      return [
        ...diagnosisLines(outcomes, requirements),
        ...(known?.outdated(outcomes) ?? []).map((glob) => `known failure ${glob} does not fail`),
        summaryLine(summary),
      ].join('\n');
  }
}
