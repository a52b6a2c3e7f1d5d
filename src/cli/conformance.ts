import type { BackendName } from '../../backends/index.js';
import { type ConformanceCase, findCases } from '../conformance/case.js';
import { type CaseResult, runCase } from '../conformance/run.js';
import { InvalidInputError, pauseOrCancel } from '../errors.js';
import { withBackend } from './compute.js';
import { FailedChecks } from './errors.js';
import { print, type Terminal } from './terminal.js';

/** What `fourm conformance` takes. */
export interface ConformanceOptions {
  readonly backend: BackendName | 'auto';
  readonly filter?: string;
  readonly json?: boolean;
  readonly referenceData?: string;
}

/**
 * `fourm conformance`: runs reference cases and says of each whether our numbers are the reference's.
 *
 * @throws FailedChecks if a case failed
 */
export async function conformance(folder: string, options: ConformanceOptions, terminal: Terminal): Promise<void> {
  const cases = chosen(findCases(folder), options.filter);
  const referenceData = options.referenceData ?? process.env.FOURM_REFERENCE_DATA;
  const results: CaseResult[] = [];
  await withBackend(options.backend, terminal, async () => {
    for (const reference of cases) {
      await pauseOrCancel(terminal.signal, 'the conformance run');
      const result = await runCase(reference, { referenceData });
      results.push(result);
      if (!options.json) print(terminal, lineOf(result));
    }
  });
  const count = (status: CaseResult['status']) => results.filter((result) => result.status === status).length;
  const [passed, failed, skipped] = [count('pass'), count('fail'), count('skip')];
  if (options.json) print(terminal, JSON.stringify({ cases: results, passed, failed, skipped }, null, 2));
  else print(terminal, `${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (failed > 0) throw new FailedChecks();
}

function chosen(cases: readonly ConformanceCase[], filter: string | undefined): readonly ConformanceCase[] {
  if (filter === undefined) return cases;
  const matches = globPattern(filter);
  const kept = cases.filter(({ name }) => matches.test(name));
  if (kept.length === 0) throw new InvalidInputError(`no case matches ${filter}; there are ${cases.length}`);
  return kept;
}

/** `*` stands for any text, `?` for one character, `{a,b}` for either. */
function globPattern(glob: string): RegExp {
  const pattern = glob
    .replaceAll(/[.+^$()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
    .replaceAll(/\{([^{}]*)\}/g, (_, either: string) => `(?:${either.replaceAll(',', '|')})`)
    .replaceAll(/[{}]/g, '\\$&');
  return new RegExp(`^${pattern}$`);
}

function lineOf({ name, kind, status, reason, compared, worst }: CaseResult): string {
  if (status !== 'pass') return `${status} ${name} (${kind}): ${reason}`;
  const results = `${compared} ${compared === 1 ? 'result' : 'results'}`;
  const error = worst ? `, worst absolute error ${worst.absolute.toPrecision(3)} in ${worst.tensor}` : '';
  return `pass ${name} (${kind}): ${results}${error}`;
}
