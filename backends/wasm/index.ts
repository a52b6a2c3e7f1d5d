import * as tf from '@tensorflow/tfjs-core';
import type { BackendAdapter } from '../adapter.js';
import { mendCumsum } from '../cumsum.js';
import { unavailable } from '../unavailable.js';
import { registerConvGradients } from './conv-gradients.js';
import { registerMatMul } from './mat-mul.js';
import { registerOneHot } from './one-hot.js';
import { registerUnsortedSegmentSum } from './segment-sum.js';

/** WebAssembly with SIMD: runs everywhere, and is the default. */
export const wasm: BackendAdapter = {
  tfjsName: 'wasm',
  async start({ wasmPath }) {
    try {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      if (wasmPath !== undefined) setWasmPaths(wasmPath);
      mendCumsum('wasm');
      registerMatMul();
      registerConvGradients();
      registerOneHot();
      registerUnsortedSegmentSum();
      if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly module did not start');
    } catch (cause) {
      throw unavailable(
        'wasm',
        'the package @tensorflow/tfjs-backend-wasm 4.22.x and its .wasm files (in a browser: the option wasmPath)',
        'npm install @tensorflow/tfjs-backend-wasm@4.22.0',
        cause,
      );
    }
    return 'WebAssembly, SIMD, 1 thread';
  },
};
