import * as tf from '@tensorflow/tfjs-core';
import type { SwiGluInputs } from '../../src/nn/kernels/declarations.js';
import { registerWebGpuKernel, rowProgram, THREADS, whole } from './program.js';

/** One thread per number: one read of each operand and one write, instead of three each. */
const SHADER = `
fn main(index : i32) {
  if (index < uniforms.count) {
    let own = gate[index];
    setOutputAtIndex(index, own / (1.0 + exp(-own)) * x[index]);
  }
}`;

/** gate, x: of one shape → that shape */
export function registerSwiGlu(name: string): void {
  registerWebGpuKernel<SwiGluInputs, unknown>(name, ({ run }, { gate, x }) => {
    const count = tf.util.sizeFromShape(x.shape);
    const groups = Math.ceil(count / THREADS);
    const program = rowProgram(name, ['gate', 'x'], [...x.shape], groups, 'count : i32,', () => SHADER);
    return run(program, [gate, x], [whole(count)]);
  });
}
