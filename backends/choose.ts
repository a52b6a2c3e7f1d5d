import * as tf from '@tensorflow/tfjs-core';
import { BackendUnavailableError, InvalidInputError, throwIfCancelled } from '../src/errors.js';
import { didYouMean } from '../src/nearest-name.js';
import { registerMemoryInfo } from '../src/nn/kernels/memory-info.js';
import { BACKEND_NAMES, type BackendAdapters, type BackendName, type BackendOptions } from './adapter.js';
import { ConfigurationError } from './unavailable.js';

/** The backend that tfjs now computes with. */
export interface Backend {
  readonly name: BackendName;
  /** One line: the device, the library and its version. */
  readonly description: string;
}

/** Options of {@link useBackend} besides the name. */
export interface UseBackendOptions extends BackendOptions {
  signal?: AbortSignal;
}

/** tfjs starts one backend at a time: starting another cancels the first, so starts are queued. */
let last: Promise<unknown> = Promise.resolve();

/** {@link startBackend}, after all pending starts. */
export function choose(...request: Parameters<typeof startBackend>): Promise<Backend> {
  const choice = last.then(() => startBackend(...request));
  last = choice.catch(() => {});
  return choice;
}

/**
 * Starts the named backend, or for `auto` the first of {@link BACKEND_NAMES} that works. If none does, the previous backend
 * stays in use. `auto` warns if only `cpu` works; a wrong configuration is an error and not skipped.
 *
 * @throws InvalidInputError for an unknown name
 * @throws BackendUnavailableError naming what is missing and how to get it
 * @throws CancelledError when the signal fires between two attempts
 */
async function startBackend(
  name: BackendName | 'auto',
  adapters: BackendAdapters,
  options: UseBackendOptions = {},
): Promise<Backend> {
  if (name !== 'auto' && !BACKEND_NAMES.includes(name)) {
    // Other libraries have a device 'gpu', which is nearest to 'cpu' as a word.
    const isGpu = String(name).toLowerCase() === 'gpu';
    const hint = isGpu ? " (did you mean 'webgpu' or 'cuda'?)" : didYouMean(String(name), BACKEND_NAMES);
    throw new InvalidInputError(`unknown backend '${name}'${hint}; expected auto, ${BACKEND_NAMES.join(', ')}`);
  }
  const before = tf.engine().backendName;
  try {
    return name === 'auto' ? await best(adapters, options) : await start(name, adapters, options);
  } catch (cause) {
    if (before && tf.findBackend(before)) await tf.setBackend(before);
    throw cause;
  }
}

async function best(adapters: BackendAdapters, options: UseBackendOptions): Promise<Backend> {
  const reasons: string[] = [];
  for (const name of BACKEND_NAMES) {
    const adapter = adapters[name];
    if (adapter.mayWork?.() === false) continue;
    try {
      const backend = await start(name, adapters, options);
      if (adapter.worthKeeping?.() !== false) {
        if (name === 'cpu') console.warn(`fourm: auto takes cpu, the slowest backend: ${reasons.at(-1)}`);
        return backend;
      }
      await adapter.stop?.();
    } catch (cause) {
      if (!(cause instanceof BackendUnavailableError) || cause instanceof ConfigurationError) throw cause;
      reasons.push(cause.message);
    }
  }
  throw new BackendUnavailableError(`no backend works here: ${reasons.join('; ')}`);
}

async function start(name: BackendName, adapters: BackendAdapters, options: UseBackendOptions): Promise<Backend> {
  throwIfCancelled(options.signal, 'starting a backend');
  const adapter = adapters[name];
  const description = await adapter.start(options);
  if (adapter.memory) registerMemoryInfo(adapter.tfjsName, adapter.memory);
  return { name, description };
}
