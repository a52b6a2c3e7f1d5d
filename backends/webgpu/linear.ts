import * as tf from '@tensorflow/tfjs-core';
import type { LinearInputs } from '../../src/nn/kernels/declarations.js';

/** x: [..., K], weight: [K, N], bias: [N] → [..., N]. tfjs's product adds the bias before writing the result. */
export function registerLinear(kernelName: string): void {
  tf.registerKernel({
    kernelName,
    backendName: 'webgpu',
    kernelFunc: ({ inputs, backend }) => {
      const { x, weight, bias } = inputs as unknown as LinearInputs;
      const [input, output] = weight.shape as [number, number];
      const rows = { ...x, shape: [tf.util.sizeFromShape(x.shape) / input, input] };
      const product = tf.getKernel(tf._FusedMatMul, 'webgpu').kernelFunc({
        inputs: { a: rows, b: weight, ...(bias && { bias }) },
        backend,
        attrs: { transposeA: false, transposeB: false, activation: 'linear' },
      }) as tf.TensorInfo;
      return { ...product, shape: [...x.shape.slice(0, -1), output] };
    },
  });
}
