/** `npm run conformance`: runs vectors with an implementation and reports which of its results are right. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import type { BackendName } from '../backends/index.js';
import { withBackend } from '../src/cli/compute.js';
import { backendOption } from '../src/cli/options.js';
import { runProgram } from '../src/cli/run.js';
import { print, type Terminal } from '../src/cli/terminal.js';
import { InvalidInputError, pauseOrCancel } from '../src/errors.js';
import { fourm } from './adapters/typescript/implementation.js';
import { findVectors } from './harness/find-vectors.js';
import { processImplementation } from './harness/process.js';
import { REPORTS, runFolder } from './harness/run-command.js';
import { TIERS } from './harness/vector.js';

const VECTORS = fileURLToPath(new URL('vectors', import.meta.url));
const SPEC = fileURLToPath(new URL('.', import.meta.url));

interface ConformanceOptions {
  readonly backend: BackendName | 'auto';
  readonly impl?: string;
  readonly tier?: string[];
  readonly filter?: string;
  readonly report?: (typeof REPORTS)[number];
  readonly timeout: number;
  readonly knownFailures?: string;
  readonly referenceData?: string;
}

/**
 * Runs one command line.
 *
 * @returns the exit code: 0, 1 if a vector failed that is not known to, or the run was cancelled, 2 for a wrong command line
 *   or unusable vectors
 */
export async function conformance(args: readonly string[], terminal: Terminal): Promise<number> {
  let failed = 0;
  const program = new Command('conformance')
    .description('compare what an implementation of 4M-21 computes, by default this one, with the reference numbers')
    .argument('[dir]', 'folder of vectors: each has a vector.json', VECTORS)
    .option('--impl <command>', 'run an implementation that speaks spec/protocol.md')
    .addOption(new Option('--tier <tiers...>', 'run only these tiers').choices(TIERS))
    .option('--filter <glob>', 'run only vectors with such names')
    .addOption(new Option('--report <format>', 'print a document instead of lines').choices(REPORTS))
    .option('--timeout <seconds>', 'how long an answer of --impl may take', seconds, 120)
    .option('--known-failures <file>', 'vectors that may fail, a name or glob a line')
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

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidInputError(`--timeout ${text} is no time in seconds`);
  return value;
}

/** @returns how many vectors failed that are not known to */
async function run(folder: string, options: ConformanceOptions, terminal: Terminal): Promise<number> {
  const { impl, referenceData = process.env.FOURM_REFERENCE_DATA } = options;
  const ours = fourm({ referenceData });
  const timeout = options.timeout * 1000;
  const environment: Record<string, string> =
    referenceData === undefined ? {} : { FOURM_REFERENCE_DATA: resolve(referenceData) };
  const implementation = impl ? processImplementation(impl, { timeout, environment }) : ours;
  let failed = 0;
  const runAll = async () => {
    failed = await runFolder(
      folder,
      implementation,
      { ...options, spec: SPEC, probe: ours },
      (text) => print(terminal, text),
      () => pauseOrCancel(terminal.signal, 'the conformance run'),
    );
  };
  // Other implementations need no backend of ours, except to convert cases of the old format.
  const isFormer = findVectors(folder).some((place) => place.isFormer);
  if (impl && !isFormer) await runAll();
  else await withBackend(options.backend, terminal, runAll);
  return failed;
}
