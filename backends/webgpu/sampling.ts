/** Samples a token from each row of logits, in integer arithmetic (`src/nn/kernels/fixed-point-softmax.ts`). */
import type * as tf from '@tensorflow/tfjs-core';
import type { SampleAttributes, SampleInputs } from '../../src/nn/kernels/declarations.js';
import type { FixedPointScale } from '../../src/nn/kernels/fixed-point-softmax.js';
import { type Program, real, registerWebGpuKernel, rowProgram, whole } from './program.js';
import { drawShader, THREADS, thresholdShader, WEIGH } from './sampling-shaders.js';

/** logits: [R, V], uniforms: [R] → [R, 4] */
export function registerSampling(name: string): void {
  registerWebGpuKernel<SampleInputs, SampleAttributes>(name, ({ run, release }, { logits, uniforms }, attributes) => {
    const [rows, width] = logits.shape as [number, number];
    const size = [whole(rows), whole(width)];
    const program = (
      part: string,
      variables: string[],
      shape: number[],
      members: string,
      code: () => string,
    ): Program =>
      rowProgram(`${name}_${part}`, variables, shape, rows, `rows : i32, width : i32, ${members}`, code, THREADS);

    const weigh = ({ power, factor }: FixedPointScale) =>
      run(
        program('weigh', ['logits'], [rows, width], 'power : f32, factor : i32,', () => WEIGH),
        [logits],
        [...size, real(power), whole(factor | 0)],
        'int32',
      );
    const threshold = (by: 'count' | 'share', enough: number, weights?: tf.TensorInfo, filtered?: tf.TensorInfo) =>
      run(
        program(
          `threshold_${by}_${filtered !== undefined}`,
          ['logits', ...(weights ? ['weights'] : []), ...(filtered ? ['filtered'] : [])],
          [rows],
          'enough : i32,',
          () => thresholdShader(by, filtered !== undefined),
        ),
        [logits, ...(weights ? [weights] : []), ...(filtered ? [filtered] : [])],
        [...size, whole(enough | 0)],
        'int32',
      );
    const draw = (weights: tf.TensorInfo, filtered?: tf.TensorInfo) =>
      run(
        program(
          `draw_${uniforms !== undefined}_${filtered !== undefined}`,
          ['logits', 'weights', ...(uniforms ? ['numbers'] : []), ...(filtered ? ['filtered'] : [])],
          [rows, 4],
          '',
          () => drawShader(uniforms !== undefined, filtered !== undefined),
        ),
        [logits, weights, ...(uniforms ? [uniforms] : []), ...(filtered ? [filtered] : [])],
        size,
        'int32',
      );

    const { topK: count, topP: share, scale, unitScale } = attributes;
    const scratch: tf.TensorInfo[] = [];
    const keep = (tensor: tf.TensorInfo) => {
      scratch.push(tensor);
      return tensor;
    };
    let filtered: tf.TensorInfo | undefined;
    if (count < width) filtered = keep(threshold('count', count - 1));
    if (share < 2 ** 32) filtered = keep(threshold('share', share, keep(weigh(unitScale)), filtered));
    const result = draw(keep(weigh(scale)), filtered);
    release(...scratch);
    return result;
  });
}
