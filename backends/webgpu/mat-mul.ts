import * as tf from '@tensorflow/tfjs-core';

/** For small results, tfjs splits sums of at least this length into parallel parts. */
const LONG = 2000;

/** Name of tfjs's program without splitting. */
const PACKED = 3;

let mended = false;

/** Corrects `tf.matMul` for such sums with a transposed right side, whose columns tfjs's split program reads as rows. */
export function patchMatMul(): void {
  if (mended) return;
  const stock = tf.getKernel(tf.BatchMatMul, 'webgpu');
  tf.unregisterKernel(tf.BatchMatMul, 'webgpu');
  tf.registerKernel({
    ...stock,
    kernelFunc: (given) => {
      const { transposeB } = given.attrs as unknown as tf.BatchMatMulAttrs;
      if (!transposeB || given.inputs.b!.shape.at(-1)! < LONG) return stock.kernelFunc(given);
      const usual = tf.env().getNumber('WEBGPU_MATMUL_PROGRAM_TYPE');
      tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', PACKED);
      try {
        return stock.kernelFunc(given);
      } finally {
        tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', usual);
      }
    },
  });
  mended = true;
}
