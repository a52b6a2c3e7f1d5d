/**
 * Kills `fourm tokenize` and `fourm train model` at random moments and restarts them until they finish, and checks that the results
 * equal those of uninterrupted runs byte for byte; so too for eight shards made by eight processes at once. Run by hand:
 * `npx tsx bench/kills.ts [kills] [seed]`.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '../backends/index.js';
import { Random } from '../src/random.js';
import { makeTinyModel } from '../test/cli/make-tiny-model.js';

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const [KILLS, SEED] = [Number(process.argv[2] ?? 20), Number(process.argv[3] ?? 0)];
const random = new Random(SEED);

/** Runs a command, and kills it after some milliseconds. @returns whether it had finished before */
function run(args: readonly string[], killAfter?: number): Promise<boolean> {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (signal === null && code !== 0) reject(new Error(`${args.join(' ')}: ${output}`));
      else resolve(signal === null);
    });
  });
}

/** A hash of all files of a folder, by their names and contents, without temporary files, which readers ignore. */
async function hashOf(folder: string, isCounted: (name: string) => boolean): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries.filter((e) => e.isFile() && isCounted(e.name)).map((e) => join(e.parentPath, e.name));
  for (const path of paths.sort()) hash.update(path.slice(folder.length)).update(await readFile(path));
  return hash.digest('hex');
}

/** Milliseconds that work takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

/** Kills and restarts a command until it finishes, several times. */
async function killed(
  name: string,
  command: (out: string) => string[],
  folder: string,
  isCounted: (name: string) => boolean,
): Promise<void> {
  const whole = join(folder, `${name}-whole`);
  let duration = await timed(() => run(command(whole)));
  const expected = await hashOf(whole, isCounted);
  let [kills, results, equal] = [0, 0, 0];
  while (kills < KILLS) {
    const out = join(folder, `${name}-${results}`);
    for (let finished = false; !finished; ) {
      // A random moment between the start and the end of a process, which other work on the machine may make slower or faster.
      const moment = kills < KILLS ? duration * (0.2 + 0.8 * random.uniform()) : undefined;
      const taken = await timed(async () => {
        finished = await run(command(out), moment);
      });
      if (finished) duration = Math.max(taken, 0.8 * duration);
      else kills++;
    }
    results++;
    if ((await hashOf(out, isCounted)) === expected) equal++;
    await rm(out, { recursive: true });
  }
  process.stdout.write(`${name}: ${kills} kills, ${equal} of ${results} results equal to the undisturbed one\n`);
  if (equal < results) process.exitCode = 1;
}

const folder = await mkdtemp(join(tmpdir(), 'fourm-kills-'));
try {
  const model = join(folder, 'model');
  await useBackend('wasm');
  await mkdir(model);
  await makeTinyModel(model);
  const tokenize = (out: string) => {
    const size = ['--count', '16', '--shard-size', '2'];
    return ['tokenize', 'toybox', '--out', out, '--model', model, '--backend', 'wasm', ...size];
  };
  const isShard = (name: string) => name.endsWith('.tar');
  await killed('tokenize', tokenize, folder, isShard);
  const parts = join(folder, 'parts');
  await Promise.all(Array.from({ length: 8 }, (_, i) => run([...tokenize(parts), '--shard', `${i}/8`])));
  const isEqual = (await hashOf(parts, isShard)) === (await hashOf(join(folder, 'tokenize-whole'), isShard));
  process.stdout.write(`eight processes, a shard each: ${isEqual ? 'equal to' : 'other than'} those of one\n`);
  if (!isEqual) process.exitCode = 1;

  const size = ['--width', '8', '--heads', '2', '--encoder-depth', '1', '--decoder-depth', '1', '--batch', '1'];
  const tokens = ['--input-tokens', '32', '--target-tokens', '32', '--steps', '30', '--warmup', '2'];
  const data = ['--data', join(folder, 'tokenize-whole'), '--text', join(model, 'text.json')];
  const train = (out: string) => {
    const how = ['--backend', 'cpu', '--checkpoint-minutes', '0.0001'];
    return ['train', 'model', '--run', out, ...data, ...size, ...tokens, ...how];
  };
  await killed('train', train, folder, (name) => name === 'checkpoint.safetensors' || name === 'losses.csv');
} finally {
  await rm(folder, { recursive: true });
}
