/** Choosing what tfjs computes with. Importing this module also gives tfjs its gradients. */
import './gradients.js';
import * as tf from '@tensorflow/tfjs-core';
import type { BackendAdapters, BackendName } from './adapter.js';
import { type Backend, choose, type UseBackendOptions } from './choose.js';
import { cpu } from './cpu.js';
import { type BackendReport, probe } from './probe.js';
import { cuda, node } from './tensorflow.js';
import { wasm } from './wasm/index.js';
import { webgpu } from './webgpu.js';

export { BACKEND_NAMES, type BackendName, type BackendOptions } from './adapter.js';
export type { Backend, UseBackendOptions } from './choose.js';
export type { BackendReport } from './probe.js';

const adapters: BackendAdapters = { webgpu, cuda, node, wasm, cpu };

/**
 * Makes tfjs compute with a backend. May be called again, with the same name or another; tensors move over when they are
 * next used.
 *
 * @param name `auto` takes the best that works: WebGPU on a real GPU, CUDA, TensorFlow's CPU kernels, WebAssembly, JavaScript
 * @returns    what was taken
 * @throws InvalidInputError for an unknown name
 * @throws BackendUnavailableError naming the package, its versions and the command that installs it
 * @throws CancelledError when the signal fires
 */
export function useBackend(name: BackendName | 'auto' = 'auto', options: UseBackendOptions = {}): Promise<Backend> {
  return choose(name, adapters, options);
}

/** Whether the backend in use compiles programs when they are first needed, so that first steps take seconds longer. */
export function compilesOnFirstUse(): boolean {
  const inUse = tf.engine().backendName;
  return Object.values(adapters).some(({ tfjsName, compiles }) => tfjsName === inUse && compiles === true);
}

/**
 * Releases resources that would keep a Node process from exiting: WebGPU's device, with all its tensors. Only needed by programs
 * that continue without a backend; does nothing for other backends.
 */
export async function releaseBackend(): Promise<void> {
  for (const adapter of Object.values(adapters)) await adapter.stop?.();
}

/**
 * Tries every backend and measures it, for `fourm backends`. Afterwards the backend that was in use is in use again, and
 * none if there was none.
 *
 * @param options `onReport` is called with each result as it comes
 */
export function probeBackends(
  options: UseBackendOptions & { onReport?: (report: BackendReport) => void } = {},
): Promise<BackendReport[]> {
  return probe(adapters, options);
}
