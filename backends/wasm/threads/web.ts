/** Threads in browsers, which only cross-origin-isolated pages and their workers may have. */
import { WEB_WORKER } from '../../generated/thread-scripts.mjs';
import { defaultThreads, requestedThreads } from './count.js';
import type { RunningWorker } from './pool.js';
import { type SharedModule, SIMD_MODULE, shareMemory } from './share-memory.js';

/** The most that a WebAssembly memory can have, which tfjs's module asks for, in pages of 64 KiB. */
const MAX_PAGES = 2 ** 16;

/** Whether threads may share memory here; browsers from before there was such a thing do not say. */
const isolated = globalThis.crossOriginIsolated === true;

/**
 * How many threads to compute with: what is asked for; or as many as there are processors where threads are possible.
 *
 * @throws InvalidInputError for what is not a whole number from 1 to 64
 */
export function threadCount(asked: number | undefined): number {
  return requestedThreads('threads', asked ?? (isolated ? defaultThreads(navigator.hardwareConcurrency) : 1));
}

/**
 * tfjs's module with SIMD with shared memory, as the address of a copy that says so; or why there is none: then it can still be
 * used without threads.
 *
 * @param wasmPath the folder of tfjs's modules; where the page or the worker lies if not given
 */
export async function sharedModule(wasmPath = '.'): Promise<SharedModule> {
  if (!isolated) return { whyNot: 'the page is not cross-origin isolated' };
  try {
    // Small devices refuse to set so much aside. The memory itself is not used.
    new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES, shared: true });
    const address = new URL(SIMD_MODULE, new URL(wasmPath.replace(/\/*$/, '/'), location.href));
    const response = await fetch(address);
    if (!response.ok) return { whyNot: `${address} answers ${response.status}` };
    const module = shareMemory(new Uint8Array(await response.arrayBuffer()));
    const url = URL.createObjectURL(new Blob([module], { type: 'application/wasm' }));
    // A page's security policy may forbid it, and tfjs does not start a second time.
    await fetch(url);
    return { url };
  } catch (cause) {
    return { whyNot: String(cause) };
  }
}

/**
 * Starts a thread.
 *
 * @param data   what it works with
 * @param onLoss is called if it stops by itself
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
