import * as tf from '@tensorflow/tfjs-core';
import { type Program, THREADS } from './program.js';

let mended = false;

/** Corrects `tf.transpose` of integer tensors with three or more axes, which tfjs's kernel writes as floats (zeros). */
export function patchTranspose(): void {
  if (mended) return;
  const stock = tf.getKernel(tf.Transpose, 'webgpu');
  tf.unregisterKernel(tf.Transpose, 'webgpu');
  tf.registerKernel({
    ...stock,
    kernelFunc: (given) => {
      const x = given.inputs.x!;
      const { perm } = given.attrs as unknown as tf.TransposeAttrs;
      if (x.dtype === 'float32' || x.shape.length < 3) return stock.kernelFunc(given);
      const backend = given.backend as unknown as {
        runWebGPUProgram(program: Program, inputs: tf.TensorInfo[], dtype: tf.DataType): tf.TensorInfo;
      };
      return backend.runWebGPUProgram(transposeProgram(x.shape, perm), [x], x.dtype);
    },
  });
  mended = true;
}

function transposeProgram(shape: readonly number[], perm: readonly number[]): Program {
  const size = shape.reduce((a, b) => a * b, 1);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const outputShape = perm.map((axis) => shape[axis]!);
  // From the last axis of the result to the first, each takes its coordinate off the index.
  const steps = perm
    .toReversed()
    .map((axis) => `source += (rest % ${shape[axis]}) * ${strides[axis]}; rest /= ${shape[axis]};`);
  const program = {
    variableNames: ['A'],
    // A shader that reads none of the uniforms does not fit the layout that tfjs binds.
    size: true,
    outputShape,
    workgroupSize: [THREADS, 1, 1],
    dispatchLayout: { x: outputShape.map((_, axis) => axis) },
    dispatch: [Math.ceil(size / THREADS), 1, 1],
    shaderKey: `whole-numbers-transposed ${shape} ${perm}`,
    getUserCode: () => `
      fn main(index : i32) {
        if (index >= uniforms.size) { return; }
        var rest = index;
        var source = 0;
        ${steps.join('\n        ')}
        setOutputAtIndexI32(index, A[source]);
      }`,
  } satisfies Program & { size: boolean };
  return program;
}
