/** Selects tfjs's backend. Importing this module also registers tfjs's gradients. */
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
 * Selects tfjs's backend. May be called again; tensors are moved to the new backend on their next use.
 *
 * @param name `auto` selects the first that works: WebGPU on a real GPU, CUDA, TensorFlow's CPU kernels, WebAssembly, JavaScript
 * @returns    the selected backend
 * @throws InvalidInputError for an unknown name
 * @throws BackendUnavailableError naming the package, its versions and the command that installs it
 * @throws CancelledError when the signal fires
 */
export function useBackend(name: BackendName | 'auto' = 'auto', options: UseBackendOptions = {}): Promise<Backend> {
  return choose(name, adapters, options);
}

/** Whether the current backend compiles programs on first use, so that first steps take seconds longer. */
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
 * Tries and measures every backend, for `fourm backends`. Afterwards the previous backend is selected again, if any.
 *
 * @param options `onReport` is called with each result
 */
export function probeBackends(
  options: UseBackendOptions & { onReport?: (report: BackendReport) => void } = {},
): Promise<BackendReport[]> {
  return probe(adapters, options);
}
