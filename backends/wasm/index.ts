import * as tf from '@tensorflow/tfjs-core';
import { BackendUnavailableError } from '../../src/errors.js';
import { LINEAR } from '../../src/nn/kernels/declarations.js';
import type { BackendAdapter, BackendOptions } from '../adapter.js';
import { mendCumsum } from '../cumsum.js';
import { freeSystemMemory } from '../system-memory.js';
import { misconfigured, unavailable } from '../unavailable.js';
import type { WasmBackend } from './backend.js';
import { registerConvGradients } from './conv-gradients.js';
import { registerGather } from './gather.js';
import { registerIdentity } from './identity.js';
import { registerKernels, registerRelaxedKernels } from './kernels.js';
import { guardMemory } from './memory.js';
import { registerOneHot } from './one-hot.js';
import { setThreads, threadsOf } from './parallel.js';
import { describeReductions } from './reductions.js';
import { kernelMemories, registerWasmKernel } from './register.js';
import { registerUnsortedSegmentSum } from './segment-sum.js';
import { hasFusedMultiplyAdd, isShared, selectModule, simdModule } from './simd/module.js';
import { registerSlices } from './slice.js';
import type { StartWorker } from './threads/pool.js';
import { mayCompile, shareMemory } from './threads/share-memory.js';
import { xnnpackMatMul, xnnpackMemory } from './xnnpack.js';

const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined;

/** The parts that differ between Node and browsers. */
type Host = typeof import('./threads/node.js') | typeof import('./threads/web.js');

/** tfjs's backend, if it was started. (`tf.findBackend` would start it.) */
const started = () => tf.engine().registry.wasm as unknown as WasmBackend | undefined;

/** Why the memory of tfjs's module cannot be shared by threads. */
let unshared: string | undefined;

/**
 * WebAssembly with SIMD: runs everywhere, and is the default. Threads are our own, in Node and in cross-origin-isolated pages:
 * tfjs has none in Node, and does not export the memory of its threaded module, which our kernels need.
 */
export const wasm: BackendAdapter = {
  tfjsName: 'wasm',
  async start(options) {
    const { threads, relaxedSimd } = options;
    const host = inNode ? await import('./threads/node.js') : await import('./threads/web.js');
    const wanted = host.threadCount(threads);
    try {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true;
      const module = started() ? undefined : await readModule(host, simd, options);
      mendCumsum('wasm');
      registerConvGradients();
      registerGather();
      describeReductions();
      registerIdentity();
      registerOneHot();
      registerSlices();
      registerUnsortedSegmentSum();
      if (!(await withoutNewListeners(() => startWith(module, setWasmPaths)))) {
        throw new Error('the WebAssembly module did not start');
      }
      const backend = started()!;
      guardMemory(backend);
      if (simd) registerKernels();
      else registerWasmKernel(tf.BatchMatMul, xnnpackMatMul, xnnpackMemory);
      const kernels = simd ? await selectSimd(backend, relaxedSimd) : 'without SIMD';
      const whyAlone = await startThreads(backend, simd ? wanted : 1, host.startWorker);
      const count = threadsOf(backend);
      if (whyAlone && threads !== undefined) throw new Error(`there is one thread: ${whyAlone}`);
      if (whyAlone) console.warn(`fourm: wasm computes on one thread, where it could on ${wanted}: ${whyAlone}`);
      return `WebAssembly ${kernels}, ${count} thread${count === 1 ? '' : 's'}`;
    } catch (cause) {
      if (cause instanceof BackendUnavailableError) throw cause;
      throw unavailable(
        'wasm',
        `the package @tensorflow/tfjs-backend-wasm ${VERSION}`,
        `npm install @tensorflow/tfjs-backend-wasm@${VERSION}`,
        cause,
      );
    }
  },

  /** The guard's limit, or the available memory of the system if that is less. */
  memory() {
    const backend = started()!;
    const { limit, used } = guardMemory(backend);
    const system = freeSystemMemory();
    const spare = () => backend.wasm.asm.memory.buffer.byteLength - used;
    return {
      free: Math.max(0, Math.min(limit - used, system === undefined ? Infinity : system + spare())),
      largestTensor: Infinity,
      // XNNPACK, without our kernels, keeps a packed copy of every right side.
      weightCopies: tf.getKernel(LINEAR, 'wasm') ? 1 : 2,
      kernels: kernelMemories(backend),
      elsewhere: { how: "useBackend('webgpu'), if the GPU has as much", free: system ?? Infinity },
    };
  },

  async stop() {
    const backend = started();
    if (backend) await setThreads(backend, 1);
  },
};

/** Folder of the files below {@link FILES}. */
const VERSION = '4.22.0';

/** tfjs's modules without and with SIMD. The threaded one is not used. */
const FILES = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'] as const;

/**
 * Loads tfjs's module, with shared memory if possible. tfjs cannot recover from a failed download, so the module is loaded
 * before tfjs starts.
 */
async function readModule(host: Host, simd: boolean, options: BackendOptions): Promise<Uint8Array<ArrayBuffer>> {
  try {
    mayCompile();
  } catch (cause) {
    const remedy = "allow it in the page's security policy, by script-src 'wasm-unsafe-eval'";
    throw unavailable('wasm', 'WebAssembly', remedy, cause);
  }
  try {
    new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  } catch (cause) {
    const needs = 'some 10 GB of addresses (not of memory) for each WebAssembly module';
    throw unavailable('wasm', needs, "raise the limit of this process's address space (ulimit -v)", cause);
  }
  const file = FILES[simd ? 1 : 0];
  try {
    const module = await host.readModule(file, options);
    unshared = simd ? host.whyUnshared() : 'there is no SIMD';
    return unshared === undefined ? shareMemory(module) : module;
  } catch (cause) {
    const fail = options.wasmPath === undefined ? unavailable : misconfigured;
    const needs = `${file} of @tensorflow/tfjs-backend-wasm ${VERSION}`;
    throw fail('wasm', needs, "serve the package's folder wasm-out, and name it in the option wasmPath", cause);
  }
}

/** Selects wasm as tfjs's backend. tfjs fetches the module from a unique address, which is served here. */
async function startWith(
  module: Uint8Array<ArrayBuffer> | undefined,
  setWasmPaths: (files: Record<string, string>, usePlatformFetch: boolean) => void,
): Promise<boolean> {
  if (module === undefined) return tf.setBackend('wasm');
  const address = 'fourm:module';
  const all = [...FILES, 'tfjs-backend-wasm-threaded-simd.wasm'];
  setWasmPaths(Object.fromEntries(all.map((file) => [file, address])), true);
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const { platform } = tf.env();
  const { fetch } = platform;
  // No `Response`: Node's first one loads its HTTP client, which ends the process if the address space is limited.
  const response = { ok: true, arrayBuffer: () => Promise.resolve(module.slice().buffer) } as Response;
  platform.fetch = (path, options) =>
    path === address ? Promise.resolve(response) : fetch.call(platform, path, options);
  try {
    return await tf.setBackend('wasm');
  } finally {
    platform.fetch = fetch;
  }
}

/**
 * Selects our module. @returns which, for the description
 *
 * @throws BackendUnavailableError if relaxed SIMD is required and not available
 */
async function selectSimd(backend: WasmBackend, relaxedSimd: boolean | undefined): Promise<string> {
  const available = hasFusedMultiplyAdd(backend);
  if (relaxedSimd && !available) {
    const needs = 'relaxed SIMD of the engine, and a processor with fused multiply-add';
    throw misconfigured('wasm', needs, 'leave out the option relaxedSimd', 'they are not here');
  }
  const relaxed = relaxedSimd ?? available;
  if (simdModule(backend).relaxed !== relaxed) {
    await setThreads(backend, 1);
    selectModule(backend, relaxed);
  }
  registerRelaxedKernels(relaxed);
  return `with ${relaxed ? 'relaxed ' : ''}SIMD`;
}

const STARTED_BY_OTHERS = "tfjs's module was started without shared memory";

/** Sets a backend's number of threads. @returns why it computes with one if it cannot */
async function startThreads(
  backend: WasmBackend,
  threads: number,
  startWorker: StartWorker,
): Promise<string | undefined> {
  if (threads > 1 && !isShared(backend.wasm.asm.memory)) return unshared ?? STARTED_BY_OTHERS;
  try {
    await setThreads(backend, threads, startWorker);
    return undefined;
  } catch (cause) {
    return (cause as Error).message;
  }
}

const PROCESS_EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Emscripten's start-up code handles Node's uncaught-error events by printing its own source. Those listeners are removed.
 */
async function withoutNewListeners<T>(start: () => Promise<T>): Promise<T> {
  if (typeof process === 'undefined' || process.versions?.node === undefined) return start();
  const before = PROCESS_EVENTS.map((event) => new Set(process.rawListeners(event)));
  try {
    return await start();
  } finally {
    PROCESS_EVENTS.forEach((event, i) => {
      for (const listener of process.rawListeners(event)) {
        if (!before[i]!.has(listener)) process.off(event, listener as () => void);
      }
    });
  }
}
