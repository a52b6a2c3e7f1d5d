/**
 * `npm run build`, then `node --import tsx bench/first-use.ts [--runs N]`
 *
 * Time and memory from `import` to the first result, of the built package in new processes: the shipped model, RGB to depth, one
 * thread. Time is CPU time, and memory is the resident set; both are counted from the start of Node.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { median } from '../src/evaluation/statistics.js';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });

const STAGES = ['start of Node', 'import', 'useBackend', 'loadModel', 'first result', 'second result'] as const;

/** Prints seconds and bytes after each stage. */
const PROGRAM = `
  const found = [];
  const note = () => {
    const { user, system } = process.cpuUsage();
    found.push([(user + system) / 1e6, process.resourceUsage().maxRSS * 1024]);
  };
  note();
  const { loadModel, toybox, useBackend } = await import(${JSON.stringify(new URL('../dist/node/index.js', import.meta.url))});
  note();
  await useBackend('wasm', { threads: 1 });
  note();
  const model = await loadModel('toybox');
  note();
  for (const scene of [1, 2]) {
    await model.generate({ rgb: toybox.toyboxSample(scene).rgb }, { to: ['depth'] });
    note();
  }
  console.log(JSON.stringify(found));
  process.exit();`;

function stages(): [seconds: number, bytes: number][] {
  const args = ['--input-type=module', '--eval', PROGRAM];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const runs = Array.from({ length: Number(values.runs) }, stages);
console.log(`Node ${process.version}`);
for (const [i, stage] of STAGES.entries()) {
  const after = (place: 0 | 1, at: number) => median(runs.map((run) => run[at]?.[place] ?? 0));
  const seconds = after(0, i) - after(0, i - 1);
  const cells = [`${(1000 * seconds).toFixed(0)} ms`, `${(after(1, i) / 1e6).toFixed(0)} MB`];
  console.log(`${stage.padEnd(14)} ${cells.map((cell) => cell.padStart(9)).join('')}`);
}
