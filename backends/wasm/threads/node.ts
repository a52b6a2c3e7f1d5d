/** Threads in Node. `package.json` replaces this file by nothing in browsers, where `web.ts` is used. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { environmentVariable } from '../../../src/environment.js';
import type { BackendOptions } from '../../adapter.js';
import { NODE_WORKER } from '../../generated/thread-scripts.mjs';
import { defaultThreads, requestedThreads } from './count.js';
import type { RunningWorker } from './pool.js';
import { isWasm } from './share-memory.js';

/**
 * Number of threads: the requested one, or the environment variable FOURM_THREADS, or as many as there
 * are processors.
 *
 * @throws InvalidInputError unless it is an integer from 1 to 64
 */
export function threadCount(requested: number | undefined): number {
  const variable = environmentVariable('FOURM_THREADS');
  if (requested !== undefined || !variable)
    return requestedThreads('threads', requested ?? defaultThreads(processors()));
  return requestedThreads('FOURM_THREADS', variable);
}

/** A runtime may withhold the number for lack of a permission; then one thread is used. */
function processors(): number {
  try {
    return availableParallelism();
  } catch {
    return 1;
  }
}

/** Why threads cannot share the module's memory: in Node they can. */
export function whyUnshared(): string | undefined {
  return undefined;
}

/**
 * Reads one of tfjs's modules.
 *
 * @param wasmPath its folder, as a path or an address; by default that of its package or of the running script
 * @throws Error if it is not there
 */
export async function readModule(file: string, { wasmPath }: BackendOptions): Promise<Uint8Array<ArrayBuffer>> {
  const folders = (wasmPath === undefined ? usualFolders() : [wasmPath]).map(String);
  const paths = folders.map((folder) => (folder.startsWith('file:') ? fileURLToPath(folder) : folder));
  for (const path of paths) {
    const module = await readFile(join(path, file)).catch(() => undefined);
    if (!module) continue;
    if (!isWasm(module)) throw new Error(`${join(path, file)} is no WebAssembly`);
    return module;
  }
  throw new Error(`${file} is not in ${paths.join(' or ')}; set the option wasmPath to its folder`);
}

/** Set in scripts of CommonJS, as bundles may be; `import.meta` is empty there. */
declare const __dirname: string | undefined;

/** Of the package of tfjs's backend, if it is installed; and of this script, which may be a bundle. */
function usualFolders(): string[] {
  const url: string | undefined = import.meta.url;
  const here = url === undefined ? __dirname! : dirname(fileURLToPath(url));
  try {
    return [dirname(createRequire(join(here, '_')).resolve('@tensorflow/tfjs-backend-wasm')), here];
  } catch {
    return [here];
  }
}

/**
 * Starts a thread, which does not keep the process alive.
 *
 * @param data   input of the thread
 * @param onLoss called if the thread ends on its own
 */
export async function startWorker(data: object, onLoss: (cause: unknown) => void): Promise<RunningWorker> {
  const worker = new Worker(NODE_WORKER, { eval: true, workerData: data, execArgv: [], env: {} });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  worker.on('error', onLoss);
  worker.unref();
  return { stop: () => worker.terminate() };
}
