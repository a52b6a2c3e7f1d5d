/**
 * `npm run soak [-- --rounds N]`
 *
 * Checks for memory leaks: hundreds of mixed generations in one process, every tenth cancelled. Exits with 1 if anything grew
 * by more than 2 % over the last two thirds.
 */
import { parseArgs } from 'node:util';
import { useBackend } from '../../backends/index.js';
import { loadModel } from '../../src/api/loading/load-model.js';
import { type Footprint, type Round, soak } from './soak.js';

/** Maximum relative growth. */
const LEVEL = 0.02;
/** Rounds in a median: memory varies with the last task. */
const WINDOW = 20;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '300' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 3 * WINDOW) throw new Error(`--rounds takes a number from ${3 * WINDOW}`);

await useBackend('wasm');
const model = await loadModel('toybox');
const done: Round[] = [];
for await (const round of soak(model, rounds)) {
  done.push(round);
  if (done.length % WINDOW === 0) console.log(line(done.length, round.footprint));
}
await model.dispose();

const stopped = done.filter((round) => round.stopped);
console.log(`${stopped.filter(({ cancelled }) => cancelled).length} of ${stopped.length} cancelled while running`);
const start = Math.round(rounds / 3);
const grown = (['tensors', 'used', 'heap', 'script', 'resident'] as const).map((key) => {
  const growth = median(key, rounds) / median(key, start) - 1;
  console.log(`${key}: ${(100 * growth).toFixed(2)} % more after ${rounds} rounds than after ${start}`);
  return growth;
});
process.exit(grown.some((growth) => growth > LEVEL) ? 1 : 0);

/** Median over the last {@link WINDOW} rounds up to this one. */
function median(key: keyof Footprint, end: number): number {
  const own = done.slice(end - WINDOW, end).map(({ footprint }) => footprint[key]);
  return own.sort((a, b) => a - b)[WINDOW / 2]!;
}

function line(round: number, { tensors, used, heap, script, resident }: Footprint): string {
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return `after ${round}: ${tensors} tensors in ${mib(used)}, heap ${mib(heap)}, script ${mib(script)}, process ${mib(resident)}`;
}
