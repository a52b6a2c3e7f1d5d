/** Threads in browsers, which only cross-origin-isolated pages and their workers may have. */

import { openWebStore } from '../../../src/hub/web-store.js';
import { fetchWhole } from '../../../src/hub/whole-file.js';
import type { BackendOptions } from '../../adapter.js';
import { WEB_WORKER } from '../../generated/thread-scripts.mjs';
import { defaultThreads, requestedThreads } from './count.js';
import type { RunningWorker } from './pool.js';
import { isWasm } from './share-memory.js';

/** Maximum size of a WebAssembly memory, in pages of 64 KiB; tfjs's module requires it. */
const MAX_PAGES = 2 ** 16;

/** Whether threads can share memory; undefined in old browsers. */
const isolated = globalThis.crossOriginIsolated === true;

/**
 * Number of threads: the requested one, or the number of processors if threads are possible.
 *
 * @throws InvalidInputError unless it is an integer from 1 to 64
 */
export function threadCount(requested: number | undefined): number {
  return requestedThreads('threads', requested ?? (isolated ? defaultThreads(navigator.hardwareConcurrency) : 1));
}

/** Why threads cannot share the module's memory here, or undefined where they can. */
export function whyUnshared(): string | undefined {
  if (!isolated) return 'the page is not cross-origin isolated';
  try {
    // Small devices refuse such a reservation. The memory itself is not used.
    new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES, shared: true });
    return undefined;
  } catch (cause) {
    return String(cause);
  }
}

/**
 * Fetches one of tfjs's modules.
 *
 * @param wasmPath the address of its folder, relative to the page; the folder of the page, or of the worker's script, if not given
 * @param cache    whether the module is kept in the Cache API, where the page may use that
 * @throws Error naming the address and the reason
 */
export async function readModule(
  file: string,
  { wasmPath = '.', cache = true, fetch }: BackendOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = new URL(wasmPath, location.href);
  folder.pathname = folder.pathname.replace(/\/*$/, '/');
  const address = new URL(file, folder);
  address.search = folder.search;
  const accept = (response: Response, module: Uint8Array) => {
    if (!response.ok) throw new Error(`${address} responds with ${response.status}`);
    if (!isWasm(module)) throw new Error(`${address} is no WebAssembly but ${response.headers.get('Content-Type')}`);
  };
  return fetchWhole(address, cache ? await openWebStore() : undefined, accept, fetch).catch((cause: unknown) => {
    if (!(cause instanceof TypeError)) throw cause;
    throw new Error(`${address} cannot be fetched: ${cause.message}`, { cause });
  });
}

/**
 * Starts a thread.
 *
 * @param data   input of the thread
 * @param onLoss called if the thread ends on its own
 */
export async function startWorker(data: object, onLoss: (cause: unknown) => void): Promise<RunningWorker> {
  const address = URL.createObjectURL(new Blob([WEB_WORKER], { type: 'text/javascript' }));
  try {
    const worker = new Worker(address);
    await new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = ({ message }) =>
        reject(new Error(message ?? 'the page may not start workers from blob: addresses'));
      worker.postMessage(data);
    });
    worker.onerror = ({ message }) => onLoss(message);
    return { stop: async () => worker.terminate() };
  } finally {
    URL.revokeObjectURL(address);
  }
}
