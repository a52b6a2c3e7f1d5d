import * as tf from '@tensorflow/tfjs-core';
import type { LayerNormAttributes, LayerNormInputs } from '../../src/nn/kernels/declarations.js';
import { real, registerWebGpuKernel, rowProgram, THREADS, whole } from './program.js';

/** A workgroup for every row: its mean, its variance, and the result, in three passes over the row. */
const SHADER = `
var<workgroup> parts : array<f32, ${THREADS}>;

/** The sum of a value over all threads. */
fn sumOfAll(own : f32) -> f32 {
  parts[localIndex] = own;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0; i < ${THREADS}; i++) {
    sum += parts[i];
  }
  workgroupBarrier();
  return sum;
}

fn main(index : i32) {
  let thread = i32(localIndex);
  let ours = index / ${THREADS} < uniforms.rows;
  let start = min(index / ${THREADS}, uniforms.rows - 1) * uniforms.width;
  var own = 0.0;
  for (var i = thread; i < uniforms.width; i += ${THREADS}) {
    own += x[start + i];
  }
  let mean = sumOfAll(own) / f32(uniforms.width);
  own = 0.0;
  for (var i = thread; i < uniforms.width; i += ${THREADS}) {
    let off = x[start + i] - mean;
    own += off * off;
  }
  let scale = inverseSqrt(sumOfAll(own) / f32(uniforms.width) + uniforms.epsilon);
  if (ours) {
    for (var i = thread; i < uniforms.width; i += ${THREADS}) {
      setOutputAtIndex(start + i, (x[start + i] - mean) * scale * weight[i] + bias[i]);
    }
  }
}`;

/** x: [..., D], weight, bias: [D] → [..., D] */
export function registerLayerNorm(name: string): void {
  registerWebGpuKernel<LayerNormInputs, LayerNormAttributes>(name, ({ run }, { x, weight, bias }, { epsilon }) => {
    const width = x.shape.at(-1)!;
    const rows = tf.util.sizeFromShape(x.shape) / width;
    const uniforms = 'rows : i32, width : i32, epsilon : f32,';
    return run(
      rowProgram(name, ['x', 'weight', 'bias'], [...x.shape], rows, uniforms, () => SHADER),
      [x, weight, bias],
      [whole(rows), whole(width), real(epsilon)],
    );
  });
}
