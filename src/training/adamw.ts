import * as tf from '@tensorflow/tfjs-core';
import { FourMError } from '../errors.js';
import type { Parameter } from '../nn/parameters.js';
import type { StoredTensor, TensorReader } from '../nn/state-dict.js';

/** Settings of {@link AdamW}. */
export interface AdamWConfig {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Pull of the weights toward zero a step, times the learning rate; biases, norms and embeddings are spared. */
  readonly weightDecay: number;
  /** The longest that all gradients together may be (their global norm); longer ones are scaled down to it. */
  readonly clip: number;
}

/** 4M's settings. */
export const ADAMW: AdamWConfig = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.05, clip: 3 };

/** Adam with decoupled weight decay (arXiv 1711.05101) and clipping of the global gradient norm. */
export class AdamW {
  readonly #config: AdamWConfig;
  /** The running mean and mean square of each gradient. */
  readonly #moments: { parameter: Parameter; mean: tf.Variable; square: tf.Variable }[];
  /** Steps taken. */
  step = 0;

  constructor(parameters: readonly Parameter[], config: AdamWConfig = ADAMW) {
    this.#config = config;
    this.#moments = parameters.map((parameter) => {
      const zeros = tf.zerosLike(parameter.value);
      const moment = { parameter, mean: tf.variable(zeros, false), square: tf.variable(zeros, false) };
      zeros.dispose();
      return moment;
    });
  }

  /** The variables whose gradients {@link apply} takes. */
  get variables(): tf.Variable[] {
    return this.#moments.map(({ parameter }) => parameter.value);
  }

  /**
   * Takes a step.
   *
   * @param gradients by variable name, as `tf.variableGrads` gives them; they stay the caller's
   * @returns         the global norm of the gradients before clipping
   */
  apply(gradients: tf.NamedTensorMap, learningRate: number): tf.Scalar {
    this.step++;
    const { beta1, beta2, epsilon, weightDecay, clip } = this.#config;
    const bias1 = 1 - beta1 ** this.step;
    const bias2 = 1 - beta2 ** this.step;
    return tf.tidy(() => {
      // What a batch does not touch (the head of a modality without targets in it) has no gradient and stays as it is.
      const touched = this.#moments.flatMap((moment) => {
        const gradient = gradients[moment.parameter.value.name];
        return gradient ? [{ ...moment, gradient }] : [];
      });
      const norm = tf.sqrt(tf.addN(touched.map(({ gradient }) => tf.sum(tf.square(gradient)))));
      const scale = tf.div(clip, tf.maximum(norm, clip));
      for (const { parameter, mean, square, gradient: unclipped } of touched) {
        tf.tidy(() => {
          const gradient = tf.mul(unclipped, scale);
          mean.assign(tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1)));
          square.assign(tf.add(tf.mul(square, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
          const deviation = tf.add(tf.mul(tf.sqrt(square), bias2 ** -0.5), epsilon);
          const moved = tf.mul(tf.div(mean, deviation), learningRate / bias1);
          const kept = parameter.decay ? tf.mul(parameter.value, 1 - learningRate * weightDecay) : parameter.value;
          parameter.assign(tf.sub(kept, moved));
        });
      }
      return norm as tf.Scalar;
    });
  }

  /** The moments, for {@link restore}. */
  async state(): Promise<StoredTensor[]> {
    const stored: StoredTensor[] = [];
    for (const { parameter, mean, square } of this.#moments) {
      for (const [kind, moment] of Object.entries({ mean, square })) {
        const data = (await moment.data()) as Float32Array;
        stored.push({ name: `adamw.${kind}.${parameter.names[0]}`, shape: [...mean.shape], data });
      }
    }
    return stored;
  }

  /** Goes on where {@link state} was taken. */
  async restore(reader: TensorReader, step: number): Promise<void> {
    this.step = step;
    for (const { parameter, mean, square } of this.#moments) {
      for (const [kind, moment] of Object.entries({ mean, square })) {
        const name = `adamw.${kind}.${parameter.names[0]}`;
        if (!reader.tensors.has(name))
          throw new FourMError(`the training state has no "${name}"; it is of another model`);
        const values = tf.tensor(Float32Array.from((await reader.read(name)) as ArrayLike<number>), mean.shape);
        moment.assign(values);
        values.dispose();
      }
    }
  }

  /** Lets go of the moments. */
  dispose(): void {
    for (const { mean, square } of this.#moments) tf.dispose([mean, square]);
  }
}
