/** What the browser test runs in its page: one gradient, on the backend that it is asked for. */
import * as tf from '@tensorflow/tfjs-core';
import { type BackendName, useBackend } from '../../../backends/index.js';

async function gradientOn(name: BackendName | 'auto', wasmPath: string) {
  const backend = await useBackend(name, { wasmPath });
  const gradient = tf.grad((x) => tf.sum(tf.square(tf.matMul(x, x))))(tf.tensor2d([1, 2, 3, 4], [2, 2]));
  return { name: backend.name, gradient: [...(await gradient.data())] };
}

Object.assign(globalThis, { gradientOn });
