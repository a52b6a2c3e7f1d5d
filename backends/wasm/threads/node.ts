/** Node only: what threads need of it. In browsers `package.json` puts nothing in this file's place. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type * as tfjs from '@tensorflow/tfjs-backend-wasm';
import { InvalidInputError } from '../../../src/errors.js';
import type { RunningWorker } from './pool.js';
import { shareMemory } from './share-memory.js';

/** More would gain little: what is not computed by our own module stays on one thread. */
const DEFAULT_MOST = 8;
const MOST = 64;

/**
 * How many threads to compute with: what is asked for, or what the environment variable FOURM_THREADS says, or as many as there
 * are processors.
 *
 * @throws InvalidInputError for what is not a whole number from 1 to 64
 */
export function threadCount(asked: number | undefined): number {
  const variable = process.env.FOURM_THREADS;
  const threads = asked ?? (variable ? Number(variable) : Math.min(availableParallelism(), DEFAULT_MOST));
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST) return threads;
  const [what, value] = asked === undefined ? ['FOURM_THREADS', `'${variable}'`] : ['threads', asked];
  throw new InvalidInputError(`${what} is ${value}; expected a whole number from 1 to ${MOST}`);
}

/**
 * Makes tfjs start its module with SIMD with shared memory: it fetches a copy that says so. Where the package's file is not to be
 * found (in a bundle), nothing changes.
 *
 * @param setWasmPaths tfjs's own
 */
export async function useSharedModule(setWasmPaths: typeof tfjs.setWasmPaths): Promise<void> {
  const file = await moduleFile();
  if (!file) return;
  const module = shareMemory(file);
  const url = `data:application/wasm;base64,${Buffer.from(module).toString('base64')}`;
  // It asks for one of them, and wants to be told about all.
  const names = [
    'tfjs-backend-wasm.wasm',
    'tfjs-backend-wasm-simd.wasm',
    'tfjs-backend-wasm-threaded-simd.wasm',
  ] as const;
  setWasmPaths(Object.fromEntries(names.map((name) => [name, url])), true);
}

/** tfjs's module with SIMD, where its package lies on the disk. */
async function moduleFile(): Promise<Uint8Array | undefined> {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
    return await readFile(join(folder, 'tfjs-backend-wasm-simd.wasm'));
  } catch {
    return undefined;
  }
}

/**
 * Starts `worker.mjs`. The worker does not keep the process alive.
 *
 * @param data   what it works with
 * @param onLoss is called if it stops by itself
 */
export async function startWorker(data: object, onLoss: (cause: unknown) => void): Promise<RunningWorker> {
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: data, execArgv: [], env: {} });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  worker.on('error', onLoss);
  worker.unref();
  return { stop: () => worker.terminate() };
}
