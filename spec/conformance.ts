/** `npm run conformance`: runs vectors with an implementation and reports which of its results are right. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import type { BackendName } from '../backends/index.js';
import { withBackend } from '../src/cli/compute.js';
import { backendOption } from '../src/cli/options.js';
import { runProgram } from '../src/cli/run.js';
import { print, type Terminal } from '../src/cli/terminal.js';
import { InvalidInputError, pauseOrCancel } from '../src/errors.js';
import { fourm } from './adapters/typescript/implementation.js';
import { selectVectors } from './harness/filter.js';
import { findVectors, type VectorPlace } from './harness/find-vectors.js';
import type { Outcome } from './harness/judge.js';
import { KnownFailures } from './harness/known-failures.js';
import { processImplementation } from './harness/process.js';
import { htmlReport } from './harness/report/html.js';
import { junitReport } from './harness/report/junit.js';
import { diagnosisLines, reportLine, summaryLine, summaryOf } from './harness/report/lines.js';
import { readRequirements } from './harness/requirements.js';
import type { Implementation } from './harness/results.js';
import { runVectors } from './harness/run-vectors.js';
import { TIERS } from './harness/vector.js';

const VECTORS = fileURLToPath(new URL('vectors', import.meta.url));
const VERSION = fileURLToPath(new URL('VERSION', import.meta.url));

interface ConformanceOptions {
  readonly backend: BackendName | 'auto';
  readonly impl?: string;
  readonly tier?: string[];
  readonly filter?: string;
  readonly report?: 'html' | 'json' | 'junit';
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
    .addOption(new Option('--report <format>', 'print a document instead of lines').choices(['html', 'json', 'junit']))
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
  const known = options.knownFailures === undefined ? undefined : KnownFailures.read(options.knownFailures);
  const places = selectVectors(findVectors(folder), options.filter);
  const ours = fourm({ referenceData: options.referenceData ?? process.env.FOURM_REFERENCE_DATA });
  const implementation = options.impl ? processImplementation(options.impl, { timeout: options.timeout * 1000 }) : ours;
  const outcomes: Outcome[] = [];
  const runAll = async () => {
    try {
      for await (const outcome of runVectors(places, implementation, { tiers: options.tier, probe: ours })) {
        outcomes.push(outcome);
        const isKnown = outcome.status !== 'pass' && known?.has(outcome);
        if (!options.report) print(terminal, `${isKnown ? 'known: ' : ''}${reportLine(outcome)}`);
        await pauseOrCancel(terminal.signal, 'the conformance run');
      }
    } finally {
      await implementation.close();
    }
  };
  // Another implementation needs no backend of ours, unless a case of the former form is to be converted.
  if (options.impl && !needsProbe(places)) await runAll();
  else await withBackend(options.backend, terminal, runAll);
  if (outcomes.length === 0) throw new InvalidInputError('no vector is of these tiers');
  print(terminal, reportOf(options.report, implementation, outcomes, known));
  return outcomes.filter((outcome) => ['fail', 'errored'].includes(outcome.status) && !known?.has(outcome)).length;
}

function needsProbe(places: readonly VectorPlace[]): boolean {
  return places.some(({ isFormer }) => isFormer);
}

function reportOf(
  format: ConformanceOptions['report'],
  { name }: Implementation,
  outcomes: readonly Outcome[],
  known: KnownFailures | undefined,
): string {
  const summary = summaryOf(outcomes);
  const requirements = readRequirements();
  const version = readFileSync(VERSION, 'utf8').trim();
  switch (format) {
    case 'json':
      return JSON.stringify({ implementation: name, version, vectors: outcomes, ...summary }, null, 2);
    case 'junit':
      return junitReport(name, outcomes);
    case 'html':
      return htmlReport({ implementation: name, version, requirements }, outcomes);
    default:
      return [
        ...diagnosisLines(outcomes, requirements),
        ...(known?.outdated(outcomes) ?? []).map((glob) => `known failure ${glob} does not fail`),
        summaryLine(summary),
      ].join('\n');
  }
}
