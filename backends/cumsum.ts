import * as tf from '@tensorflow/tfjs-core';

const mended = new Set<string>();

/**
 * Makes `tf.cumsum` count a negative axis from the end. tfjs passes the axis through as it is: its wasm kernel then writes
 * outside its memory, and its WebGPU kernel throws.
 *
 * @param backendName as tfjs calls it; to be called before that backend is first used
 */
export function mendCumsum(backendName: string): void {
  if (mended.has(backendName)) return;
  for (const kernelName of [tf.Cumsum, tf.Cumprod]) {
    const stock = tf.getKernel(kernelName, backendName);
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      ...stock,
      kernelFunc: (args) => {
        const axis = args.attrs!.axis as number;
        const { x } = args.inputs;
        return stock.kernelFunc({ ...args, attrs: { ...args.attrs, axis: axis < 0 ? axis + x!.shape.length : axis } });
      },
    });
  }
  mended.add(backendName);
}
