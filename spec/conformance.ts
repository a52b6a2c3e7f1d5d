/** `npm run conformance`: runs reference cases and reports which of our numbers are the reference's. */
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { BackendName } from '../backends/index.js';
import { withBackend } from '../src/cli/compute.js';
import { backendOption } from '../src/cli/options.js';
import { runProgram } from '../src/cli/run.js';
import { print, type Terminal } from '../src/cli/terminal.js';
import { pauseOrCancel } from '../src/errors.js';
import { runnerOf } from './adapters/typescript/kinds.js';
import { findCases } from './harness/case.js';
import { selectCases } from './harness/filter.js';
import { reportLine, summaryLine, summaryOf } from './harness/report.js';
import { type CaseResult, runCase } from './harness/run-case.js';

const VECTORS = fileURLToPath(new URL('vectors', import.meta.url));

interface ConformanceOptions {
  readonly backend: BackendName | 'auto';
  readonly filter?: string;
  readonly json?: boolean;
  readonly referenceData?: string;
}

/**
 * Runs one command line.
 *
 * @returns the exit code: 0, 1 if a case failed or the run was cancelled, 2 for a wrong command line or unusable cases
 */
export async function conformance(args: readonly string[], terminal: Terminal): Promise<number> {
  let failed = 0;
  const program = new Command('conformance')
    .description('hold what is computed here against numbers of the official implementation')
    .argument('[dir]', 'folder of cases: each has a case.json', VECTORS)
    .option('--filter <glob>', 'run only cases with such names')
    .option('--json', 'print one JSON document instead of lines')
    .option(
      '--reference-data <dir>',
      'folder with the official vocabulary, for cases that need it (or FOURM_REFERENCE_DATA)',
    )
    .option('--debug', 'show where an error comes from')
    .addOption(backendOption())
    .action(async (folder: string, options: ConformanceOptions) => {
      failed = await runCases(folder, options, terminal);
    });
  const exitCode = await runProgram(program, args, terminal);
  return exitCode === 0 && failed > 0 ? 1 : exitCode;
}

/** @returns how many cases failed */
async function runCases(folder: string, options: ConformanceOptions, terminal: Terminal): Promise<number> {
  const cases = selectCases(findCases(folder), options.filter);
  const referenceData = options.referenceData ?? process.env.FOURM_REFERENCE_DATA;
  const results: CaseResult[] = [];
  await withBackend(options.backend, terminal, async () => {
    for (const reference of cases) {
      await pauseOrCancel(terminal.signal, 'the conformance run');
      const result = await runCase(reference, runnerOf, { referenceData });
      results.push(result);
      if (!options.json) print(terminal, reportLine(result));
    }
  });
  const summary = summaryOf(results);
  print(terminal, options.json ? JSON.stringify({ cases: results, ...summary }, null, 2) : summaryLine(summary));
  return summary.failed;
}
