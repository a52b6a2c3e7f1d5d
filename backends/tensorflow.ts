/**
 * TensorFlow's own kernels through `@tensorflow/tfjs-node` (CPU) and `@tensorflow/tfjs-node-gpu` (CUDA). Node only. Both
 * packages are optional and register the name 'tensorflow', so a process can use only one of them.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendAdapter } from './adapter.js';
import { mendGradients } from './gradients.js';
import { importInstalled } from './installed.js';
import { freeSystemMemory } from './system-memory.js';
import { unavailable } from './unavailable.js';

const VERSION = '4.22.0';

/** Internals of tfjs-node's backend that identify it. */
interface TensorFlowBackend {
  readonly binding: { readonly TF_Version: string };
  readonly isUsingGpuDevice: boolean;
}

interface Flavour {
  readonly name: 'node' | 'cuda';
  readonly package: string;
  readonly needs: string;
  /** Free memory for tensors in bytes; undefined if unknown. */
  freeMemory(): number | undefined;
}

let loaded: Flavour['name'] | undefined;

function tensorFlow(flavour: Flavour): BackendAdapter {
  const fail = (cause: unknown) =>
    unavailable(flavour.name, flavour.needs, `npm install ${flavour.package}@${VERSION}`, cause);
  return {
    tfjsName: 'tensorflow',
    async start() {
      if (loaded === undefined) {
        await load(flavour.package).catch((cause) => {
          throw fail(cause);
        });
        loaded = flavour.name;
      }
      const before = tf.engine().backendName;
      if (!(await tf.setBackend('tensorflow'))) throw fail('its backend could not be started');
      const { binding, isUsingGpuDevice } = tf.backend() as unknown as TensorFlowBackend;
      if (isUsingGpuDevice === (flavour.name === 'cuda')) {
        return `TensorFlow ${binding.TF_Version} on the ${isUsingGpuDevice ? 'GPU' : 'CPU'}`;
      }
      if (before) await tf.setBackend(before);
      if (loaded === flavour.name) throw fail('TensorFlow sees no CUDA device');
      const held = `this process already holds '${loaded}', and tfjs calls both 'tensorflow'`;
      throw unavailable(flavour.name, 'a process of its own', 'start another one', held);
    },
    memory: () => ({ free: flavour.freeMemory() ?? Infinity, largestTensor: Infinity, weightCopies: 1 }),
  };
}

async function load(packageName: string): Promise<void> {
  // Must be set before loading: suppresses TensorFlow's start-up messages on stderr.
  if (typeof process !== 'undefined') process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  await importInstalled(packageName);
  mendGradients(); // The package has registered tfjs's gradients again.
}

/** TensorFlow on the CPU. */
export const node = tensorFlow({
  name: 'node',
  package: '@tensorflow/tfjs-node',
  needs: 'the optional package @tensorflow/tfjs-node 4.22.x (Node 18–22, x86-64 Linux or Windows)',
  freeMemory: freeSystemMemory,
});

/** TensorFlow on an NVIDIA GPU. */
export const cuda = tensorFlow({
  name: 'cuda',
  package: '@tensorflow/tfjs-node-gpu',
  needs:
    'the optional package @tensorflow/tfjs-node-gpu 4.22.x (Node 18–22, x86-64 Linux or Windows, NVIDIA GPU, CUDA 11.2, cuDNN 8.1)',
  // TensorFlow does not report the GPU's memory to tfjs.
  freeMemory: () => undefined,
});
