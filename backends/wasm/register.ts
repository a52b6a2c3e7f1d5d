import * as tf from '@tensorflow/tfjs-core';
import type { KernelMemories, KernelMemory } from '../../src/nn/kernels/memory-info.js';
import type { WasmBackend } from './backend.js';

/** A kernel's inputs, all present. */
export type Given<Inputs> = { [Name in keyof Inputs]: tf.TensorInfo };

const registered = new Set<string>();
const memories = new Map<string, (backend: WasmBackend, inputs: never, attrs: never) => KernelMemory>();

/**
 * Registers a kernel for wasm, replacing an existing one. Idempotent.
 *
 * @param compute computes the result from the kernel's inputs and attributes
 * @param memory  its workspace besides inputs and outputs, if any
 */
export function registerWasmKernel<Inputs, Attrs>(
  kernelName: string,
  compute: (backend: WasmBackend, inputs: Inputs, attrs: Attrs) => tf.TensorInfo | tf.TensorInfo[],
  memory?: (backend: WasmBackend, inputs: Inputs, attrs: Attrs) => KernelMemory,
): void {
  if (registered.has(kernelName)) return;
  const replaced = tf.getKernel(kernelName, 'wasm');
  if (replaced) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({
    kernelName,
    backendName: 'wasm',
    // tfjs's own function may still be called, by others of its kernels too, and is bound to each new instance of the module.
    ...(replaced?.setupFunc && { setupFunc: replaced.setupFunc }),
    kernelFunc: ({ inputs, backend, attrs }) =>
      compute(backend as WasmBackend, inputs as unknown as Inputs, attrs as unknown as Attrs),
  });
  registered.add(kernelName);
  if (memory) describeKernel(kernelName, memory);
}

/** Removes a kernel of ours, if it is registered. */
export function unregisterWasmKernel(kernelName: string): void {
  if (!registered.delete(kernelName)) return;
  memories.delete(kernelName);
  tf.unregisterKernel(kernelName, 'wasm');
}

/** Declares the workspace of a kernel, tfjs's or ours, besides inputs and outputs. */
export function describeKernel<Inputs, Attrs>(
  kernelName: string,
  memory: (backend: WasmBackend, inputs: Inputs, attrs: Attrs) => KernelMemory,
): void {
  memories.set(kernelName, memory);
}

/** Workspaces of the kernels that declare one. */
export function kernelMemories(backend: WasmBackend): KernelMemories {
  return Object.fromEntries(
    Array.from(memories, ([name, memory]) => [
      name,
      ({ inputs, attrs }) => memory(backend, inputs as never, attrs as never),
    ]),
  );
}
