import * as tf from '@tensorflow/tfjs-core';

/** WebGPU promises eight storage buffers to a program; the result takes one. */
const MOST_TERMS = 7;

let mended = false;

/**
 * Makes `tf.addN` take any number of tensors on WebGPU, by summing partial sums. tfjs binds all of them to one program: given
 * more than the device allows, it logs an error and returns zeros.
 */
export function mendAddN(): void {
  if (mended) return;
  const stock = tf.getKernel(tf.AddN, 'webgpu');
  tf.unregisterKernel(tf.AddN, 'webgpu');
  tf.registerKernel({
    ...stock,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const terms = inputs as unknown as tf.TensorInfo[];
      const add = (some: tf.TensorInfo[]) =>
        stock.kernelFunc({ inputs: some as unknown as tf.NamedTensorInfoMap, backend, attrs }) as tf.TensorInfo;
      let sum = add(terms.slice(0, MOST_TERMS));
      for (let at = MOST_TERMS; at < terms.length; at += MOST_TERMS - 1) {
        const before = sum;
        sum = add([before, ...terms.slice(at, at + MOST_TERMS - 1)]);
        (backend as tf.KernelBackend).disposeData(before.dataId);
      }
      return sum;
    },
  });
  mended = true;
}
