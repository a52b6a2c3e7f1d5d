/**
 * TensorFlow's own kernels through `@tensorflow/tfjs-node` (CPU) and `@tensorflow/tfjs-node-gpu` (CUDA). Node only.
 * Both are optional, and both call themselves 'tensorflow': one process can hold one of them.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendAdapter } from './adapter.js';
import { mendGradients } from './gradients.js';
import { unavailable } from './unavailable.js';

const VERSION = '4.22.0';

interface TensorFlowBackend {
  readonly binding: { readonly TF_Version: string };
  readonly isUsingGpuDevice: boolean;
}

interface Flavour {
  readonly name: 'node' | 'cuda';
  readonly package: string;
  readonly needs: string;
}

let loaded: Flavour['name'] | undefined;

function tensorFlow(flavour: Flavour): BackendAdapter {
  const fail = (cause: unknown) =>
    unavailable(flavour.name, flavour.needs, `npm install ${flavour.package}@${VERSION}`, cause);
  return {
    tfjsName: 'tensorflow',
    async start() {
      if (loaded !== undefined && loaded !== flavour.name) {
        throw fail(`this process already holds '${loaded}', which has the same name inside tfjs; start another process`);
      }
      await quietly(() => import(/* @vite-ignore */ flavour.package)).catch((cause) => {
        throw fail(cause);
      });
      mendGradients();
      loaded = flavour.name;
      if (!(await tf.setBackend('tensorflow'))) throw fail('its backend could not be started');
      const backend = tf.backend() as unknown as TensorFlowBackend;
      if (flavour.name === 'cuda' && !backend.isUsingGpuDevice) throw fail('TensorFlow sees no CUDA device');
      return `TensorFlow ${backend.binding.TF_Version}, ${backend.isUsingGpuDevice ? 'CUDA' : 'CPU'}`;
    },
  };
}

/** TensorFlow writes its start-up notes to stderr unless told not to before it is loaded. */
async function quietly(load: () => Promise<unknown>): Promise<void> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  await load();
}

/** TensorFlow on the CPU. */
export const node = tensorFlow({
  name: 'node',
  package: '@tensorflow/tfjs-node',
  needs: 'the optional package @tensorflow/tfjs-node 4.22.x (Node 18–22, x86-64 Linux or Windows)',
});

/** TensorFlow on an NVIDIA GPU. */
export const cuda = tensorFlow({
  name: 'cuda',
  package: '@tensorflow/tfjs-node-gpu',
  needs:
    'the optional package @tensorflow/tfjs-node-gpu 4.22.x (Node 18–22, x86-64 Linux or Windows, an NVIDIA GPU with CUDA 11.2 and cuDNN 8.1)',
});
