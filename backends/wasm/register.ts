import * as tf from '@tensorflow/tfjs-core';
import type { WasmBackend } from './backend.js';

/** A kernel's inputs, every one of them there. */
export type Given<Inputs> = { [Name in keyof Inputs]: tf.TensorInfo };

const registered = new Set<string>();

/**
 * Registers a kernel for wasm in place of whatever is there. Calling it again changes nothing.
 *
 * @param compute makes the result from the kernel's inputs and attributes, in tfjs's types for them
 */
export function registerWasmKernel<Inputs, Attrs>(
  kernelName: string,
  compute: (backend: WasmBackend, inputs: Inputs, attrs: Attrs) => tf.TensorInfo | tf.TensorInfo[],
): void {
  if (registered.has(kernelName)) return;
  if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) =>
      compute(backend as WasmBackend, inputs as unknown as Inputs, attrs as unknown as Attrs),
  });
  registered.add(kernelName);
}
