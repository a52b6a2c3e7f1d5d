/**
 * `node --import tsx bench/compare.ts --base PATH [--filter TEXT] [--rounds N] [--threads N] [--json]`
 *
 * Times the rows that this checkout and another one have in common, for a ratio before and after a change:
 *
 *     git worktree add ../base 5c72061 && (cd ../base && npm ci)
 *     node --import tsx bench/compare.ts --base ../base
 *
 * Each measurement has its own process, and the two checkouts alternate, so that both run under the same load.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../src/evaluation/statistics.js';
import type { Measurement } from './measure.js';
import { ROWS } from './rows/index.js';

const { values: options } = parseArgs({
  options: {
    /** The other checkout, with its packages installed. */
    base: { type: 'string' },
    /** Only rows whose name contains this. */
    filter: { type: 'string', default: '' },
    /** Measurements of each row in each checkout; the result is their median. */
    rounds: { type: 'string', default: '3' },
    /** Threads of wasm. */
    threads: { type: 'string', default: '1' },
    /** Prints a line of JSON for each row. */
    json: { type: 'boolean', default: false },
  },
});

if (options.base === undefined) throw new Error('--base names another checkout');
for (const { name } of ROWS.filter(({ name }) => name.includes(options.filter))) {
  const times: Record<'base' | 'here', number[]> = { base: [], here: [] };
  for (let round = 0; round < Number(options.rounds); round++) {
    times.base.push(seconds(options.base, name));
    times.here.push(seconds('.', name));
  }
  const [base, here] = [median(times.base), median(times.here)];
  // NaN for a row that the other checkout does not have.
  const result = { name, base, here, ratio: here / base };
  if (options.json) console.log(JSON.stringify(result));
  else {
    const cells = [base, here].map((time) => (1000 * time).toPrecision(4).padStart(10));
    console.log(`${name.padEnd(28)}  ${cells.join(' ms ')} ms  ${result.ratio.toFixed(3)}`);
  }
}

/** The time of a row in a checkout: CPU time with one thread, otherwise wall-clock time. NaN if the row fails there. */
function seconds(checkout: string, row: string): number {
  const script = join(checkout, 'bench/main.ts');
  const args = ['--import', 'tsx', 'bench/main.ts', '--row', row, '--threads', options.threads];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: checkout, encoding: 'utf8' });
  if (status !== 0) {
    console.error(`${script}: ${row}: ${/.*Error.*/.exec(stderr)?.[0] ?? stderr}`);
    return Number.NaN;
  }
  const { cpuSeconds, wallSeconds } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Measurement;
  return options.threads === '1' ? cpuSeconds : wallSeconds;
}
