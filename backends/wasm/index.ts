import * as tf from '@tensorflow/tfjs-core';
import type { BackendAdapter } from '../adapter.js';
import { mendCumsum } from '../cumsum.js';
import { unavailable } from '../unavailable.js';
import type { WasmBackend } from './backend.js';
import { registerConvGradients } from './conv-gradients.js';
import { registerKernels } from './kernels.js';
import { guardMemory } from './memory.js';
import { registerOneHot } from './one-hot.js';
import { registerWasmKernel } from './register.js';
import { registerUnsortedSegmentSum } from './segment-sum.js';
import { registerSlices } from './slice.js';
import { threadedMatMul } from './xnnpack.js';

/** WebAssembly with SIMD: runs everywhere, and is the default. */
export const wasm: BackendAdapter = {
  tfjsName: 'wasm',
  async start({ wasmPath }) {
    try {
      const { getThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      if (wasmPath !== undefined) setWasmPaths(wasmPath);
      mendCumsum('wasm');
      registerConvGradients();
      registerOneHot();
      registerSlices();
      registerUnsortedSegmentSum();
      const started = await withoutNewListeners(() => tf.setBackend('wasm'));
      if (!started) throw new Error('the WebAssembly module did not start');
      guardMemory(tf.backend() as unknown as WasmBackend);
      const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
      const threads = getThreadsCount();
      if (simd && threads === 1) registerKernels();
      else registerWasmKernel(tf.BatchMatMul, threadedMatMul);
      return `WebAssembly ${simd ? 'with' : 'without'} SIMD, ${threads} thread${threads === 1 ? '' : 's'}`;
    } catch (cause) {
      throw unavailable(
        'wasm',
        'the package @tensorflow/tfjs-backend-wasm 4.22.x, and its .wasm files (in a browser at the option wasmPath)',
        'npm install @tensorflow/tfjs-backend-wasm@4.22.0',
        cause,
      );
    }
  },
};

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
