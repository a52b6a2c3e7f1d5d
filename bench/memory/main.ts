/**
 * `npm run memory -- [--filter TEXT] [--checkpoint FILE] [--dtype f32|f16|int8]`
 *
 * Memory of whole tasks of 4M-21_B on wasm: predicted, measured for tensors, read from the checkpoint, and of the process. Without
 * a file, the checkpoint has random values, generated on demand. Each task has its own process.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { useBackend } from '../../backends/index.js';
import { checkDtype, type WeightDtype } from '../../src/nn/packed/packing.js';
import { GENERATIONS } from '../rows/generation.js';
import { measureMemory, type TaskMemory } from './measure.js';

const { values: options } = parseArgs({
  options: {
    /** Only tasks whose name contains this. */
    filter: { type: 'string', default: '' },
    /** A checkpoint of 4M-21_B, as `spec/tools/make-checkpoint.ts` writes. */
    checkpoint: { type: 'string' },
    dtype: { type: 'string', default: 'f32' },
    /** Measures the task of exactly this name, in this process. */
    task: { type: 'string' },
  },
});

checkDtype(options.dtype);
if (options.task) await measureHere(options.task, options.dtype);
else measureApart();

async function measureHere(name: string, dtype: WeightDtype): Promise<void> {
  const task = GENERATIONS.find((each) => each.name === name);
  if (!task) throw new Error(`there is no task '${name}'`);
  await useBackend('wasm', { threads: 1 });
  console.log(JSON.stringify(await measureMemory(task, dtype, options.checkpoint)));
  process.exit();
}

function measureApart(): void {
  const tasks = GENERATIONS.filter(({ name }) => name.includes(options.filter));
  if (tasks.length === 0) throw new Error(`no task's name contains '${options.filter}'`);
  print(['task', 'weights', 'others: predicted', 'measured', 'read', 'process', 'of weights']);
  for (const { name } of tasks) {
    const own = [...process.execArgv, fileURLToPath(import.meta.url), '--task', name, '--dtype', options.dtype];
    const file = options.checkpoint ? ['--checkpoint', options.checkpoint] : [];
    const { status, stdout, stderr } = spawnSync(process.execPath, [...own, ...file], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${name} failed: ${stderr.trim()}`);
    const found = JSON.parse(stdout.trim().split('\n').at(-1)!) as TaskMemory;
    const { weights, predicted, measured, read, resident } = found;
    print([
      name,
      ...[weights, predicted, measured, read, resident].map((bytes) => `${Math.round(bytes / 1e6)} MB`),
      (resident / weights).toFixed(2),
    ]);
  }
}

function print([first, ...rest]: readonly string[]): void {
  console.log([first!.padEnd(28), ...rest.map((cell) => cell.padStart(18))].join(''));
}
