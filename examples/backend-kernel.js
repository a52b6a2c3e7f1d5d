/**
 * A kernel for a backend: layer norm on wasm, in JavaScript on the backend's own memory. Layers call kernels by name; a backend without
 * one runs the readable tfjs operations instead. src/nn/kernels/declarations.ts has all names, with their inputs and results.
 *
 *     node examples/backend-kernel.js
 */
import * as tf from '@tensorflow/tfjs-core';
import { loadModel, useBackend } from 'fourm';
import { toyboxSample } from 'fourm/toybox';

const KERNEL = { kernelName: 'FourMLayerNorm', backendName: 'wasm' };
let calls = 0;

/** x: [..., D], weight and bias: [D]; the result is as x. */
function layerNorm({ inputs: { x, weight, bias }, backend, attrs: { epsilon } }) {
  calls++;
  const out = backend.makeOutput(x.shape, 'float32');
  // The heap may grow and move when the output is allocated: views are taken after it.
  const [rows, scale, shift, result] = [x, weight, bias, out].map((tensor) => backend.typedArrayFromHeap(tensor));
  const width = scale.length;
  for (let start = 0; start < rows.length; start += width) {
    const row = rows.subarray(start, start + width);
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    for (let i = 0; i < width; i++) {
      result[start + i] = ((row[i] - mean) / Math.sqrt(variance + epsilon)) * scale[i] + shift[i];
    }
  }
  return out;
}

await useBackend('wasm');
const model = await loadModel('toybox');
const { rgb } = toyboxSample(7, { size: 64, people: false });
async function depth(kernel) {
  const started = performance.now();
  const { depth: result } = await model.generate({ rgb }, { to: ['depth'], seed: 0 });
  console.log(`${kernel}: ${(performance.now() - started).toFixed(0)} ms`);
  return result;
}

await depth('warming up');
const before = await depth('the kernel of this package');

// The backend has one already; on a backend without it, registering is enough.
tf.unregisterKernel(KERNEL.kernelName, KERNEL.backendName);
const without = await depth('the tfjs operations');
tf.registerKernel({ ...KERNEL, kernelFunc: layerNorm });
const after = await depth('the kernel of this file');
await model.dispose();

const equal = (result) => result.tokens.filter((token, i) => token === before.tokens[i]).length;
console.log(`${calls} calls; ${equal(without)} and ${equal(after)} of ${before.tokens.length} tokens are the same`);
