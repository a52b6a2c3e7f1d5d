/**
 * Mutation testing of the numeric core, with the vectors as tests:
 *
 *     nice -n 19 node --import tsx spec/tools/mutate.ts [--again] [--vectors <glob>] [--backends wasm,cpu] [--sample <n>] [--seed <n>]
 *         [module…]
 *
 * First, all vectors run once, to record the expressions that each of them evaluates. Each mutant then runs with the vectors that
 * evaluate its expression, the fastest first, until one fails. The results are stored in `mutation/fates.json`, and mutants with a result
 * there are skipped: a run can be resumed, on another machine too, and only changed lines are tried again. `--again` retries the
 * survivors, for example after a vector was added; `--vectors` limits the vectors, to save time. The vocabulary is found as by the
 * conformance command. `mutation-table.ts` writes the published page.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { BackendName } from '../../backends/index.js';
import { Random } from '../../src/random.js';
import { selectVectors } from '../harness/filter.js';
import { findVectors } from '../harness/find-vectors.js';
import { Bundler } from './mutation/bundle.js';
import { CORE } from './mutation/core.js';
import { instrumented, mutated } from './mutation/instrument.js';
import { mutantsOf } from './mutation/mutants.js';
import type { Trial } from './mutation/protocol.js';
import { type Fate, FateRecord, type PlacedMutant, placedMutants } from './mutation/record.js';
import { Trials } from './mutation/trials.js';

interface Timed extends Trial {
  readonly milliseconds: number;
}

/** Sorts vectors on the slower backend after all others. */
const SLOW = 1e6;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    again: { type: 'boolean', default: false },
    vectors: { type: 'string' },
    backends: { type: 'string', default: 'wasm,cpu' },
    sample: { type: 'string' },
    seed: { type: 'string', default: '0' },
  },
});
const root = new URL('../../', import.meta.url);
const modules = positionals.length > 0 ? positionals : CORE;
const texts = new Map(modules.map((file) => [file, readFileSync(new URL(file, root), 'utf8')]));
const record = new FateRecord(fileURLToPath(new URL('mutation/fates.json', import.meta.url)));
// The record keeps the lines of all modules.
const placed = CORE.flatMap((file) => {
  const text = texts.get(file) ?? readFileSync(new URL(file, root), 'utf8');
  return placedMutants(file, text, mutantsOf(text));
});
const all = placed.filter(({ file }) => texts.has(file));
const selected = sampled(all).filter((mutant) => {
  const fate = record.fateOf(mutant);
  return fate === undefined || (values.again && (fate === 'survives' || fate === 'unreached'));
});
const bundler = new Bundler();
const trials = new Trials(process.env.FOURM_REFERENCE_DATA);
try {
  const reaching = selected.length > 0 ? await trialsByMutant() : [];
  // The next bundle is built while a mutant runs.
  let next = bundleOf(selected[0]);
  for (const [i, mutant] of selected.entries()) {
    const bundle = await next;
    next = bundleOf(selected[i + 1]);
    await tryMutant(mutant, bundle, reaching[i]!);
  }
  await next;
} finally {
  await trials.close();
  await bundler.close();
}
const fates = all.map((mutant) => record.fateOf(mutant));
const count = (fate: Fate | undefined) => fates.filter((other) => other === fate).length;
console.log(
  `of ${all.length} mutants: ${count('noticed')} noticed, ${count('survives')} survive, ${count('unreached')} unreached, ` +
    `${count('invalid')} invalid, ${count(undefined)} not tried`,
);

function sampled<T>(list: readonly T[]): readonly T[] {
  if (values.sample === undefined) return list;
  const random = new Random(Number(values.seed));
  const keyed = list.map((entry) => ({ entry, key: random.uniform() })).sort((a, b) => a.key - b.key);
  return keyed.slice(0, Number(values.sample)).map(({ entry }) => entry);
}

function bundleOf(mutant: PlacedMutant | undefined): Promise<string | undefined> {
  if (!mutant) return Promise.resolve(undefined);
  return bundler.bundle(new Map([[mutant.file, mutated(texts.get(mutant.file)!, mutant)]]));
}

/** For each selected mutant, the vectors that evaluate its expression, the fastest first. */
async function trialsByMutant(): Promise<Timed[][]> {
  const own = new Map(modules.map((file) => [file, selected.filter((mutant) => mutant.file === file)]));
  const index = new Map(selected.map((mutant, i) => [mutant, i]));
  const changed = [...own].map(([file, mutants]): [string, string] => [
    file,
    instrumented(texts.get(file)!, mutants, (i) => index.get(mutants[i]!)!),
  ]);
  const bundle = await bundler.bundle(new Map(changed));
  if (!bundle) throw new Error('the instrumented modules are no TypeScript');
  const found: Timed[][] = selected.map(() => []);
  const folders = findVectors(fileURLToPath(new URL('spec/vectors', root)));
  const vectors = (await Promise.all(selectVectors(folders, values.vectors).map((folder) => folder.open()))).filter(
    ({ about }) => about.tier !== 'full',
  );
  // Code that wasm kernels replace runs only on the cpu backend, where diffusion takes too long.
  for (const backend of values.backends.split(',') as BackendName[]) {
    for (const { name, about } of vectors) {
      if (backend === 'cpu' && about.kind === 'vq.divae') continue;
      const trial: Trial = { vector: name, backend };
      // A new bundle each time, for values that modules compute once.
      const run = { bundle: `${bundle}?${backend}-${name}`, trials: [trial] };
      const { reason, reached, milliseconds } = await trials.run(run, 60_000);
      if (reason !== undefined) throw new Error(`without a mutant: ${reason}`);
      for (const i of reached) found[i]!.push({ ...trial, milliseconds });
    }
  }
  const rank = ({ backend, milliseconds }: Timed) => milliseconds + (backend === 'cpu' ? SLOW : 0);
  return found.map((list) => list.sort((a, b) => rank(a) - rank(b)));
}

async function tryMutant(mutant: PlacedMutant, bundle: string | undefined, own: readonly Timed[]): Promise<void> {
  const { file, line, from, to } = mutant;
  const [found, reason] = await fateOf(bundle, own);
  // A mutant that the given vectors do not reach keeps its earlier result.
  const fate = found === 'unreached' ? (record.fateOf(mutant) ?? found) : found;
  record.set(mutant, fate);
  record.write(placed);
  console.log(`${fate} ${file}:${line} ${from} → ${to}${reason === undefined ? '' : `: ${reason}`}`);
}

async function fateOf(bundle: string | undefined, own: readonly Timed[]): Promise<[Fate, reason?: string]> {
  if (own.length === 0) return ['unreached'];
  if (bundle === undefined) return ['invalid'];
  const usual = own.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const { reason } = await trials.run({ bundle, trials: own }, usual);
  return reason === undefined ? ['survives'] : ['noticed', reason];
}
