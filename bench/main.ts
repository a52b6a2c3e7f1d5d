/**
 * `npm run bench -- [--json] [--filter TEXT] [--backend NAME] [--threads N] [--compare] [--peer-ml4m PATH [--python COMMAND]]`
 *
 * Measures whole tasks and single kernels with random weights of the published shapes, each row in its own process, so that
 * memory of other rows is not counted. `--compare` gives each row's ratio to `bench/baseline.jsonl`, which is made by
 *
 *     npm run -s bench -- --json > bench/baseline.jsonl
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BACKEND_NAMES, type BackendName, useBackend } from '../backends/index.js';
import { describeBaseline, ratio, readBaseline } from './baseline.js';
import { type Measurement, measure } from './measure.js';
import { runPeer } from './peer.js';
import { ROWS } from './rows/index.js';
import { headLine, resultLine } from './table.js';

const { values: options } = parseArgs({
  options: {
    /** Prints a line of JSON for each row. */
    json: { type: 'boolean', default: false },
    /** Only rows whose name contains this. */
    filter: { type: 'string', default: '' },
    backend: { type: 'string', default: 'wasm' },
    /** Threads of wasm. The official code is timed on one. */
    threads: { type: 'string', default: '1' },
    /** Prints ratios to the baseline. */
    compare: { type: 'boolean', default: false },
    /** A checkout of apple/ml-4m, which is timed too. */
    'peer-ml4m': { type: 'string' },
    python: { type: 'string', default: 'python3' },
    /** Measures the row of exactly this name, in this process. */
    row: { type: 'string' },
  },
});

const backend = BACKEND_NAMES.find((name) => name === options.backend);
if (!backend) throw new Error(`unknown backend '${options.backend}'; expected ${BACKEND_NAMES.join(', ')}`);
if (options.row) await measureHere(options.row, backend);
else measureApart(backend);

/** Prints only the measurement, as JSON. */
async function measureHere(name: string, backend: BackendName): Promise<void> {
  const row = ROWS.find((row) => row.name === name);
  if (!row) throw new Error(`there is no row '${name}'`);
  const threads = Number(options.threads);
  const { relaxedSimd } = row;
  const inUse = await useBackend(backend, { threads, ...(relaxedSimd !== undefined && { relaxedSimd }) });
  console.log(JSON.stringify(await measure(row, inUse, threads)));
  process.exit();
}

function measureApart(backend: BackendName): void {
  const rows = ROWS.filter(({ name }) => name.includes(options.filter));
  if (rows.length === 0) throw new Error(`no row's name contains '${options.filter}'`);
  const peer = options['peer-ml4m'] && { path: options['peer-ml4m'], python: options.python };
  const baseline = options.compare ? readBaseline() : undefined;
  if (!options.json) {
    console.log(
      `backend ${backend}, threads ${options.threads}, Node ${process.version}, ${cpus()[0]!.model.trim()}; ${peer ? `official code at ${peer.path}` : 'no official code (--peer-ml4m PATH)'}`,
    );
    if (baseline) console.log(describeBaseline(baseline));
    console.log(headLine());
  }
  for (const { name } of rows) {
    const measured = inOwnProcess(name, backend);
    const official = peer ? runPeer(peer, name) : undefined;
    const toBaseline = baseline && ratio(measured, baseline);
    const result = {
      ...measured,
      ...(official && { peer: official }),
      ...(toBaseline !== undefined && { toBaseline }),
    };
    console.log(options.json ? JSON.stringify(result) : resultLine(result));
  }
}

function inOwnProcess(row: string, backend: BackendName): Measurement {
  const script = fileURLToPath(import.meta.url);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...process.execArgv, script, '--row', row, '--backend', backend, '--threads', options.threads],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${row} failed: ${stderr.trim()}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Measurement;
}
