import * as tf from '@tensorflow/tfjs-core';
import { runKernelNoGrad } from '../nn/kernels/run-kernel.js';
import { ADAMW_UPDATE, type AdamWUpdateAttributes, type AdamWUpdateInputs } from '../nn/kernels/training-kernels.js';
import type { Parameter } from '../nn/parameters.js';
import type { StoredTensor, TensorReader } from '../nn/state-dict.js';
import { type Moment, momentState, restoreMoments, startMoment } from './moments.js';
import type { Optimizer } from './optimizer.js';

/** Settings of {@link AdamW}. */
export interface AdamWConfig {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Weight decay per step, times the learning rate; not for biases, norms and embeddings. */
  readonly weightDecay: number;
  /** Maximum global norm of the gradients; larger ones are scaled down. */
  readonly clip: number;
}

/** 4M's settings. */
export const ADAMW: AdamWConfig = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.05, clip: 3 };

/** Adam with decoupled weight decay (arXiv 1711.05101) and clipping of the global gradient norm. */
export class AdamW implements Optimizer {
  readonly #config: AdamWConfig;
  /** The running mean and mean square of each gradient. */
  readonly #moments: { parameter: Parameter; mean: Moment; square: Moment }[];
  step = 0;

  constructor(parameters: readonly Parameter[], config: AdamWConfig = ADAMW) {
    this.#config = config;
    this.#moments = parameters.map((parameter) => {
      const start = (kind: string) => startMoment(`adamw.${kind}.${parameter.names[0]}`, parameter.value);
      return { parameter, mean: start('mean'), square: start('square') };
    });
  }

  get variables(): tf.Variable[] {
    return this.#moments.map(({ parameter }) => parameter.value);
  }

  apply(gradients: tf.NamedTensorMap, learningRate: number): tf.Scalar {
    this.step++;
    const { beta1, beta2, epsilon, weightDecay, clip } = this.#config;
    const bias1 = 1 - beta1 ** this.step;
    const bias2 = 1 - beta2 ** this.step;
    return tf.tidy(() => {
      // Parameters that a batch does not use (the head of a modality without targets) have no gradient and are unchanged.
      const touched = this.#moments.flatMap((moment) => {
        const gradient = gradients[moment.parameter.value.name];
        return gradient ? [{ ...moment, gradient }] : [];
      });
      const norm = tf.sqrt(tf.addN(touched.map(({ gradient }) => tf.sum(tf.square(gradient)))));
      const scale = tf.div(clip, tf.maximum(norm, clip));
      for (const {
        parameter,
        mean: { value: mean },
        square: { value: square },
        gradient,
      } of touched) {
        tf.tidy(() => {
          const [value, newMean, newSquare] = adamWUpdate(
            { value: parameter.value, gradient, mean, square, scale },
            {
              beta1,
              beta2,
              kept: parameter.decay ? 1 - learningRate * weightDecay : 1,
              rate: learningRate / bias1,
              deviation: bias2 ** -0.5,
              epsilon,
            },
          );
          mean.assign(newMean);
          square.assign(newSquare);
          parameter.assign(value);
        });
      }
      return norm as tf.Scalar;
    });
  }

  state(): Promise<StoredTensor[]> {
    return momentState(this.#all);
  }

  async restore(reader: TensorReader, step: number): Promise<void> {
    this.step = step;
    await restoreMoments(this.#all, reader);
  }

  /** Releases the moments. */
  dispose(): void {
    for (const { value } of this.#all) value.dispose();
  }

  get #all(): Moment[] {
    return this.#moments.flatMap(({ mean, square }) => [mean, square]);
  }
}

/** The new value, mean and mean square. */
function adamWUpdate(
  inputs: Record<keyof AdamWUpdateInputs, tf.Tensor>,
  attributes: AdamWUpdateAttributes,
): [value: tf.Tensor, mean: tf.Tensor, square: tf.Tensor] {
  if (tf.getKernel(ADAMW_UPDATE, tf.engine().backendName)) {
    return runKernelNoGrad(ADAMW_UPDATE, inputs, attributes) as [tf.Tensor, tf.Tensor, tf.Tensor];
  }
  const { beta1, beta2, kept, rate, deviation, epsilon } = attributes;
  const gradient = tf.mul(inputs.gradient, inputs.scale);
  const mean = tf.add(tf.mul(inputs.mean, beta1), tf.mul(gradient, 1 - beta1));
  const square = tf.add(tf.mul(inputs.square, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const moved = tf.mul(tf.div(mean, tf.add(tf.mul(tf.sqrt(square), deviation), epsilon)), rate);
  return [tf.sub(tf.mul(inputs.value, kept), moved), mean, square];
}
