/** `npm run conformance`: runs vectors with an implementation and reports which of its results are right. */
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { BackendName } from '../backends/index.js';
import { withBackend } from '../src/cli/compute.js';
import { backendOption } from '../src/cli/options.js';
import { runProgram } from '../src/cli/run.js';
import { print, type Terminal } from '../src/cli/terminal.js';
import { pauseOrCancel } from '../src/errors.js';
import { fourm } from './adapters/typescript/implementation.js';
import { selectVectors } from './harness/filter.js';
import { findVectors } from './harness/find-vectors.js';
import type { Outcome } from './harness/judge.js';
import { reportLine, summaryLine, summaryOf } from './harness/report/lines.js';
import { runVectors } from './harness/run-vectors.js';

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
 * @returns the exit code: 0, 1 if a vector failed or the run was cancelled, 2 for a wrong command line or unusable vectors
 */
export async function conformance(args: readonly string[], terminal: Terminal): Promise<number> {
  let failed = 0;
  const program = new Command('conformance')
    .description('hold what is computed here against numbers of the official implementation')
    .argument('[dir]', 'folder of vectors: each has a vector.json', VECTORS)
    .option('--filter <glob>', 'run only vectors with such names')
    .option('--json', 'print one JSON document instead of lines')
    .option(
      '--reference-data <dir>',
      'folder with the official vocabulary, for vectors that need it (or FOURM_REFERENCE_DATA)',
    )
    .option('--debug', 'show where an error comes from')
    .addOption(backendOption())
    .action(async (folder: string, options: ConformanceOptions) => {
      failed = await run(folder, options, terminal);
    });
  const exitCode = await runProgram(program, args, terminal);
  return exitCode === 0 && failed > 0 ? 1 : exitCode;
}

/** @returns how many vectors failed */
async function run(folder: string, options: ConformanceOptions, terminal: Terminal): Promise<number> {
  const places = selectVectors(findVectors(folder), options.filter);
  const implementation = fourm({ referenceData: options.referenceData ?? process.env.FOURM_REFERENCE_DATA });
  const outcomes: Outcome[] = [];
  await withBackend(options.backend, terminal, async () => {
    for await (const outcome of runVectors(places, implementation, { probe: implementation })) {
      outcomes.push(outcome);
      if (!options.json) print(terminal, reportLine(outcome));
      await pauseOrCancel(terminal.signal, 'the conformance run');
    }
  });
  const summary = summaryOf(outcomes);
  print(terminal, options.json ? JSON.stringify({ vectors: outcomes, ...summary }, null, 2) : summaryLine(summary));
  return summary.failed + summary.errored;
}
