import * as tf from '@tensorflow/tfjs-core';

const mended = new Set<string>();

/**
 * Corrects `tf.cumsum` and `tf.cumprod` along any axis and in either direction, using the backend's own kernel only for the
 * case that is correct on all backends: forwards, along the last axis. Given a negative axis, tfjs's cpu returns a wrong
 * shape, WebGPU throws and wasm writes outside its memory; and WebGPU's `reverse` compiles the length of the first tensor
 * that it meets into a shader that it then uses for every length.
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
      kernelFunc: ({ inputs, backend, attrs }) => {
        const { axis, exclusive, reverse } = attrs as unknown as tf.CumsumAttrs;
        const temporary: tf.TensorInfo[] = [];
        const run = (kernel: tf.KernelConfig, x: tf.TensorInfo, attributes: tf.NamedAttrMap) => {
          const out = kernel.kernelFunc({ inputs: { x }, backend, attrs: attributes }) as tf.TensorInfo;
          temporary.push(out);
          return out;
        };
        const turn = (x: tf.TensorInfo, perm: number[]) => run(tf.getKernel(tf.Transpose, backendName), x, { perm });
        const flip = (x: tf.TensorInfo) =>
          reverse ? run(tf.getKernel(tf.Reverse, backendName), x, { dims: [x.shape.length - 1] }) : x;

        const x = inputs.x!;
        const perm = swapWithLast(x.shape.length, axis);
        const forwards = flip(turn(x, perm));
        const sums = run(stock, forwards, { axis: x.shape.length - 1, exclusive, reverse: false });
        const out = turn(flip(sums), perm);
        temporary.pop();
        for (const each of temporary) (backend as tf.KernelBackend).disposeData(each.dataId);
        return out;
      },
    });
  }
  mended.add(backendName);
}

/** The permutation, its own inverse, that swaps an axis (negative: from the end) with the last one. */
function swapWithLast(rank: number, axis: number): number[] {
  const perm = Array.from({ length: rank }, (_, i) => i);
  const from = (axis + rank) % rank;
  [perm[from], perm[rank - 1]] = [rank - 1, from];
  return perm;
}
