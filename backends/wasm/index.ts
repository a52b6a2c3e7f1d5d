import * as tf from '@tensorflow/tfjs-core';
import { LINEAR } from '../../src/nn/kernels/kernel.js';
import type { BackendAdapter } from '../adapter.js';
import { mendCumsum } from '../cumsum.js';
import { freeSystemMemory } from '../system-memory.js';
import { unavailable } from '../unavailable.js';
import type { WasmBackend } from './backend.js';
import { registerConvGradients } from './conv-gradients.js';
import { registerKernels } from './kernels.js';
import { guardMemory } from './memory.js';
import { registerOneHot } from './one-hot.js';
import { setThreads, threadsOf } from './parallel.js';
import { registerWasmKernel } from './register.js';
import { registerUnsortedSegmentSum } from './segment-sum.js';
import { isShared } from './simd/module.js';
import { registerSlices } from './slice.js';
import { threadedMatMul } from './xnnpack.js';

const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined;

/** tfjs's backend, if it was started. (`tf.findBackend` would start it.) */
const started = () => tf.engine().registry.wasm as unknown as WasmBackend | undefined;

/**
 * WebAssembly with SIMD: runs everywhere, and is the default. tfjs has threads of its own in browsers, and none in Node; there
 * its memory is shared with ours.
 */
export const wasm: BackendAdapter = {
  tfjsName: 'wasm',
  async start({ wasmPath, threads }) {
    const node = inNode ? await import('./threads/node.js') : undefined;
    const wanted = node?.threadCount(threads) ?? 1;
    try {
      const { getThreadsCount, setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
      if (wasmPath !== undefined) setWasmPaths(wasmPath);
      else if (node && simd && !started()) await node.useSharedModule(setWasmPaths);
      if (!node && threads !== undefined) setThreadsCount(threads);
      // A single thread is ours: tfjs keeps the memory of its module with threads to itself, and our kernels have no place there.
      if (!node && Math.min(threads ?? 4, mostOfTfjs()) < 2) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
      mendCumsum('wasm');
      registerConvGradients();
      registerOneHot();
      registerSlices();
      registerUnsortedSegmentSum();
      if (!(await withoutNewListeners(() => tf.setBackend('wasm')))) {
        throw new Error('the WebAssembly module did not start');
      }
      const backend = started()!;
      guardMemory(backend);
      const ofTfjs = getThreadsCount();
      if (simd && 'memory' in backend.wasm.asm) registerKernels();
      else registerWasmKernel(tf.BatchMatMul, threadedMatMul);
      const own = simd && node && isShared(backend.wasm.asm.memory) ? wanted : 1;
      const count = Math.max(own, ofTfjs);
      if (count < (threads ?? 1)) {
        throw new Error(
          node ? "tfjs's module was started without shared memory" : `there are no more than ${count} threads`,
        );
      }
      if (node) await setThreads(backend, own, node.startWorker);
      return `WebAssembly ${simd ? 'with' : 'without'} SIMD, ${count} thread${count === 1 ? '' : 's'}`;
    } catch (cause) {
      throw unavailable(
        'wasm',
        'the package @tensorflow/tfjs-backend-wasm 4.22.x, and its .wasm files (in a browser at the option wasmPath)',
        'npm install @tensorflow/tfjs-backend-wasm@4.22.0',
        cause,
      );
    }
  },

  /** The guard's limit, and what the system can give to the module where that is less. */
  memory() {
    const backend = started()!;
    const { limit, used } = guardMemory(backend);
    const system = freeSystemMemory();
    const spare = () => backend.wasm.asm.memory.buffer.byteLength - used;
    return {
      free: Math.max(0, Math.min(limit - used, system === undefined ? Infinity : system + spare())),
      largestTensor: Infinity,
      // XNNPACK, where it multiplies in place of our own kernels, lays every right side out once more.
      weightCopies: tf.getKernel(LINEAR, 'wasm') ? 1 : 2,
      threads: threadsOf(backend),
      elsewhere: { how: "useBackend('webgpu'), if the GPU has as much", free: system ?? Infinity },
    };
  },

  async stop() {
    const backend = started();
    if (backend) await setThreads(backend, 1);
  },
};

/** The most threads that tfjs takes in a cross-origin-isolated page, however many it is told. */
function mostOfTfjs(): number {
  return Math.min(4, Math.floor(navigator.hardwareConcurrency / 2));
}

const PROCESS_EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Emscripten's start-up code takes over Node's last-resort error events, and answers every uncaught error by printing
 * the whole of itself. Those listeners are taken off again.
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
