import * as tf from '@tensorflow/tfjs-core';
import type { BackendAdapter } from './adapter.js';
import { mendCumsum } from './cumsum.js';
import { freeSystemMemory } from './system-memory.js';
import { unavailable } from './unavailable.js';

/** Plain JavaScript: slow, always available, and the reference for the other backends. */
export const cpu: BackendAdapter = {
  tfjsName: 'cpu',
  async start() {
    try {
      await import('@tensorflow/tfjs-backend-cpu');
      mendCumsum('cpu');
      await tf.setBackend('cpu');
      // In Node it would print an advertisement for tfjs-node with the first tensor.
      (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
    } catch (cause) {
      throw unavailable(
        'cpu',
        'the package @tensorflow/tfjs-backend-cpu 4.22.x',
        'npm install @tensorflow/tfjs-backend-cpu@4.22.0',
        cause,
      );
    }
    return 'plain JavaScript';
  },

  memory: () => ({ free: freeSystemMemory() ?? Infinity, largestTensor: Infinity, weightCopies: 1 }),
};
