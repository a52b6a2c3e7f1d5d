import * as tf from '@tensorflow/tfjs-core';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import { activate } from '../../nn/mlp.js';
import type { ParameterList } from '../../nn/parameters.js';

/** Embedding of a number for each sample, such as the timestep or a resolution: sinusoids, then two linear maps. */
export interface TimeEmbedding {
  readonly first: Linear;
  readonly second: Linear;
}

/**
 * @param names   published names of the two maps
 * @param width   how many sinusoids, even
 * @param output  E, width of the embedding
 */
export function buildTimeEmbedding(
  list: ParameterList,
  names: readonly [first: string, second: string],
  width: number,
  output: number,
): TimeEmbedding {
  return {
    first: buildLinear(list.scope(names[0]), width, output),
    second: buildLinear(list.scope(names[1]), output, output),
  };
}

/**
 * @param numbers one a sample, [B]
 * @returns       [B, E]
 */
export function timeEmbedding(p: TimeEmbedding, numbers: ArrayLike<number>): tf.Tensor2D {
  return tf.tidy(() => {
    const width = p.first.weight.shape[1]!;
    const waves = tf.tensor2d(sinusoids(numbers, width), [numbers.length, width]);
    return linear(p.second, activate('SiLU', linear(p.first, waves)));
  });
}

/**
 * Cosines at falling frequencies, then the sines. In single precision as officially, since at timestep 1000 rounding is visible.
 *
 * @param width even
 * @returns     [B, width]
 */
export function sinusoids(numbers: ArrayLike<number>, width: number): Float32Array {
  const half = width / 2;
  const result = new Float32Array(numbers.length * width);
  for (let n = 0; n < numbers.length; n++) {
    for (let i = 0; i < half; i++) {
      const frequency = Math.fround(Math.exp(Math.fround(Math.fround(-Math.log(10000) * i) / half)));
      const angle = Math.fround(numbers[n]! * frequency);
      result[n * width + i] = Math.cos(angle);
      result[n * width + half + i] = Math.sin(angle);
    }
  }
  return result;
}
