import { FourMError } from '../../src/errors.js';
import type { ConformanceCase } from './case.js';
import { Comparison, type WorstError } from './comparison.js';
import type { Difference } from './difference.js';
import { type Runner, type RunnerContext, type RunnerOf, SkippedCase } from './runner.js';

/** How a case went. */
export interface CaseResult {
  readonly name: string;
  readonly kind: string;
  readonly status: 'pass' | 'fail' | 'skip';
  /** Why it failed or was skipped, in one line. */
  readonly reason?: string;
  /** The first result that differs. */
  readonly difference?: Difference;
  /** How many results were compared, and the largest error among them. */
  readonly compared: number;
  readonly worst?: WorstError;
}

/**
 * Runs a case on the current backend. It passes when its configuration was read, every result that it holds was compared
 * and none differs; what is thrown on the way is a failure of the case.
 */
export async function runCase(
  reference: ConformanceCase,
  runnerOf: RunnerOf,
  context: RunnerContext,
): Promise<CaseResult> {
  let kind = '?';
  let comparison: Comparison | undefined;
  const result = (status: CaseResult['status'], reason?: string): CaseResult => ({
    name: reference.name,
    kind,
    status,
    ...(reason !== undefined && { reason }),
    ...(comparison?.difference && { difference: comparison.difference }),
    compared: comparison?.compared ?? 0,
    ...(comparison?.worst && { worst: comparison.worst }),
  });
  try {
    kind = reference.about.kind;
    const runner = await runnerOf(kind);
    if (!runner) return result('fail', `unknown kind "${kind}"`);
    comparison = new Comparison(reference);
    const skipped = await reasonToSkip(runner, reference, comparison, context);
    const { difference, missing, compared } = comparison;
    if (difference) return result('fail', `${difference.tensor} ${difference.message}`);
    if (skipped !== undefined) return result('skip', skipped);
    if (reference.unusedOptions.length > 0)
      return result('fail', `options not read: ${listOf(reference.unusedOptions)}`);
    if (missing.length > 0) return result('fail', `not compared: ${listOf(missing)}`);
    if (compared === 0) return result('fail', 'nothing was compared');
    return result('pass');
  } catch (error) {
    return result('fail', describe(error));
  }
}

/** Runs a case. What was compared before it turned out that something is missing counts all the same. */
async function reasonToSkip(runner: Runner, ...args: Parameters<Runner>): Promise<string | undefined> {
  try {
    await runner(...args);
    return undefined;
  } catch (error) {
    if (error instanceof SkippedCase) return error.message;
    throw error;
  }
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (error instanceof FourMError ? text : `broke: ${text}`).replaceAll(/\s*\n\s*/g, ' ');
}
