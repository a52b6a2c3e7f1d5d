/**
 * `npm run traffic [-- --filter TEXT]`
 *
 * Programs, workgroups and memory traffic of the WebGPU kernels at the sizes of 4M-21_B. Shaders count their own accesses and
 * nothing is timed, so a software adapter is enough.
 */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { releaseBackend, useBackend } from '../../backends/index.js';
import { WEIGHT_DTYPES, type WeightDtype } from '../../src/nn/packed/packing.js';
import { countedFlops } from '../flops.js';
import { CASES } from './cases.js';
import { countOne, countTraffic, type ProgramRun } from './count.js';
import { oneToken } from './token.js';

/** Maximum number of programs listed individually. */
const MOST_LISTED = 10;

const { values: options } = parseArgs({
  options: {
    /** Only cases that contain this. */
    filter: { type: 'string', default: '' },
  },
});

await useBackend('webgpu');
const during = countTraffic();
print(['what', 'workgroups × threads of each program', 'read', 'written', 'of the minimum', 'FLOP a byte']);
for (const { about, kernel, prepare } of CASES.filter((each) => each.about.includes(options.filter))) {
  const { numbers, compute } = prepare();
  const { flops } = await countedFlops(async () => compute().dispose());
  const count = async (name: string) => printRuns(name, await countOne(during, compute), 4 * numbers, flops);
  await count(about);
  const registered = kernel && tf.getKernel(kernel, 'webgpu');
  if (!registered) continue;
  tf.unregisterKernel(kernel, 'webgpu');
  await count('… by operations of tfjs');
  tf.registerKernel(registered);
}
for (const dtype of WEIGHT_DTYPES.filter((dtype) => aboutToken(dtype).includes(options.filter))) {
  const { runs, weightBytes, flops } = await oneToken(during, dtype);
  printRuns(aboutToken(dtype), runs, weightBytes, flops);
}
await releaseBackend();

function aboutToken(dtype: WeightDtype): string {
  return `a token of a text, weights in ${dtype}`;
}

function printRuns(name: string, runs: readonly ProgramRun[], once: number, flops: number): void {
  const sum = (what: 'read' | 'written') => runs.reduce((total, run) => total + run[what], 0);
  const all = sum('read') + sum('written');
  print([
    name,
    runs.length > MOST_LISTED
      ? `${runs.length} programs`
      : runs.map(({ workgroups, threads }) => `${workgroups} × ${threads}`).join(', '),
    megabytes(sum('read')),
    megabytes(sum('written')),
    `${(all / once).toFixed(1)} × ${megabytes(once)}`,
    flops > 0 ? (flops / all).toPrecision(2) : '',
  ]);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toPrecision(3)} MB`;
}

function print(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}
