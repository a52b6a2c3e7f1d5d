import './gradients.js';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError, throwIfCancelled } from '../src/errors.js';
import { BACKEND_NAMES, type BackendAdapter, type BackendName, type BackendOptions } from './adapter.js';
import { cpu } from './cpu.js';
import { cuda, node } from './tensorflow.js';
import { wasm } from './wasm/index.js';
import { webgpu } from './webgpu.js';

export { BACKEND_NAMES, type BackendName, type BackendOptions } from './adapter.js';


const adapters: Record<BackendName, BackendAdapter> = { webgpu, cuda, node, wasm, cpu };

/** The backend now in use. */
export interface Backend {
  readonly name: BackendName;
  /** One line: device, library, version. */
  readonly description: string;
}

export async function useBackend(
  name: BackendName | 'auto' = 'auto',
  options: BackendOptions & { signal?: AbortSignal } = {},
): Promise<Backend> {
  throwIfCancelled(options.signal, 'choosing a backend');
  if (name === 'auto') {
    for (const each of BACKEND_NAMES) {
      try {
        const description = await adapters[each].start(options);
        return { name: each, description };
      } catch {}
    }
  }
  if (!(BACKEND_NAMES as readonly string[]).includes(name)) throw new InvalidInputError(`unknown backend '${name}'`);
  const description = await adapters[name as BackendName].start(options);
  await tf.ready();
  return { name: name as BackendName, description };
}
export async function releaseBackend(): Promise<void> {
  for (const adapter of Object.values(adapters)) await adapter.stop?.();
}
