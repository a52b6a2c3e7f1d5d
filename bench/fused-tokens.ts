/**
 * `node --import tsx bench/fused-tokens.ts [--generations N] [--first SEED]`, in Node 22 or later
 *
 * How many tokens differ between kernels with relaxed SIMD, which round a product and its sum once, and kernels without: the shipped
 * model, RGB to three maps, a caption and boxes, with the same seeds.
 */
import { parseArgs } from 'node:util';
import { useBackend } from '../backends/index.js';
import { loadModel } from '../src/api/loading/load-model.js';
import { toyboxSample } from '../src/toybox/sample.js';

const { values } = parseArgs({
  options: { generations: { type: 'string', default: '500' }, first: { type: 'string', default: '0' } },
});
const [begin, generations] = [Number(values.first), Number(values.generations)];

/** Generations of a batch. */
const AT_ONCE = 20;
const TARGETS = ['depth', 'normal', 'semseg', 'caption', 'det'];

interface Count {
  readonly name: string;
  readonly tokens: number;
  readonly differ: number;
  /** Generations with at least one token that differs. */
  readonly generations: number;
}

await useBackend('wasm', { relaxedSimd: true });
const model = await loadModel('toybox');

async function tokens(first: number, count: number, relaxedSimd: boolean) {
  await useBackend('wasm', { relaxedSimd });
  const samples = Array.from({ length: count }, (_, i) => ({ rgb: toyboxSample(first + i).rgb }));
  const seeds = samples.map((_, i) => first + i);
  return model.generateMany(samples, { to: TARGETS, seed: seeds });
}

const counts = new Map(TARGETS.map((name): [string, Count] => [name, { name, tokens: 0, differ: 0, generations: 0 }]));
for (let first = begin; first < begin + generations; first += AT_ONCE) {
  const count = Math.min(AT_ONCE, begin + generations - first);
  const [fused, separate] = [await tokens(first, count, true), await tokens(first, count, false)];
  for (const [i, results] of fused.entries()) {
    for (const [name, before] of counts) {
      const [a, b] = [results[name]!.tokens, separate[i]![name]!.tokens];
      const length = Math.max(a.length, b.length);
      const differ = Array.from({ length }, (_, at) => a[at] !== b[at]).filter(Boolean).length;
      counts.set(name, {
        name,
        tokens: before.tokens + length,
        differ: before.differ + differ,
        generations: before.generations + (differ > 0 ? 1 : 0),
      });
    }
  }
}
console.table([...counts.values()].map((count) => ({ ...count, share: count.differ / count.tokens })));
process.exit();
