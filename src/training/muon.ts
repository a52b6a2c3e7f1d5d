import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../nn/parameters.js';
import type { StoredTensor, TensorReader } from '../nn/state-dict.js';
import { AdamW, type AdamWConfig } from './adamw.js';
import { type Moment, momentState, restoreMoments, startMoment } from './moments.js';
import type { Optimizer } from './optimizer.js';

/** Settings of {@link Muon}. */
export interface MuonConfig {
  readonly momentum: number;
  /** Weight decay per step, times the learning rate. */
  readonly weightDecay: number;
  /** Root mean square of an update, over the learning rate; about 0.2 to 0.4 for AdamW. */
  readonly size: number;
}

/** The updates have the size of AdamW's, so that both can share a learning rate. */
export const MUON: MuonConfig = { momentum: 0.95, weightDecay: 0.05, size: 0.4 };

/** A matrix that multiplies hidden states. */
export interface HiddenMatrix {
  readonly parameter: Parameter;
  /** Number of matrices fused along the outputs (3 for queries, keys and values). */
  readonly parts: number;
}

/**
 * Muon: the update of each matrix is the orthogonal matrix nearest to its momentum, so that all directions are updated equally;
 * other parameters are updated by AdamW. (K. Jordan et al., 2024, kellerjordan.github.io/posts/muon; step size as in arXiv
 * 2502.16982, section 2.2.)
 */
export class Muon implements Optimizer {
  readonly #config: MuonConfig;
  readonly #rest: AdamW;
  readonly #matrices: { matrix: HiddenMatrix; momentum: Moment }[];

  constructor(
    parameters: readonly Parameter[],
    matrices: readonly HiddenMatrix[],
    config: MuonConfig,
    adamw: AdamWConfig,
  ) {
    this.#config = config;
    const own = new Set(matrices.map(({ parameter }) => parameter));
    this.#rest = new AdamW(
      parameters.filter((parameter) => !own.has(parameter)),
      adamw,
    );
    this.#matrices = matrices.map((matrix) => {
      const { names, value } = matrix.parameter;
      return { matrix, momentum: startMoment(`muon.momentum.${names[0]}`, value) };
    });
  }

  get step(): number {
    return this.#rest.step;
  }

  get variables(): tf.Variable[] {
    return [...this.#rest.variables, ...this.#matrices.map(({ matrix }) => matrix.parameter.value)];
  }

  apply(gradients: tf.NamedTensorMap, learningRate: number): tf.Scalar {
    const { momentum: beta, weightDecay, size } = this.#config;
    tf.tidy(() => {
      const directions = this.#matrices.map(({ matrix, momentum }) => {
        const gradient = gradients[matrix.parameter.value.name];
        if (!gradient) return tf.mul(momentum.value, beta);
        momentum.value.assign(tf.add(tf.mul(momentum.value, beta), tf.mul(gradient, 1 - beta)));
        return tf.add(tf.mul(momentum.value, beta), tf.mul(gradient, 1 - beta));
      });
      const parts = directions.flatMap((direction, i) => tf.split(direction, this.#matrices[i]!.matrix.parts, 1));
      const steps = orthogonalized(parts as tf.Tensor2D[]);
      for (const { matrix } of this.#matrices) {
        const own = steps.splice(0, matrix.parts);
        const { value } = matrix.parameter;
        const [rows, columns] = own[0]!.shape;
        const scale = learningRate * size * Math.sqrt(Math.max(rows, columns));
        const kept = tf.mul(value, 1 - learningRate * weightDecay);
        matrix.parameter.assign(tf.sub(kept, tf.mul(own.length > 1 ? tf.concat(own, 1) : own[0]!, scale)));
      }
    });
    return this.#rest.apply(gradients, learningRate);
  }

  async state(): Promise<StoredTensor[]> {
    return [...(await this.#rest.state()), ...(await momentState(this.#matrices.map(({ momentum }) => momentum)))];
  }

  async restore(reader: TensorReader, step: number): Promise<void> {
    await this.#rest.restore(reader, step);
    await restoreMoments(
      this.#matrices.map(({ momentum }) => momentum),
      reader,
    );
  }

  /** Releases the moments. */
  dispose(): void {
    this.#rest.dispose();
    for (const { momentum } of this.#matrices) momentum.value.dispose();
  }
}

/** Newton–Schulz steps: enough to map singular values of 0.01…1 to 0.7…1.2. */
const STEPS = 5;
/** Coefficients of the iterated quintic, chosen to increase small singular values fastest. */
const QUINTIC = [3.4445, -4.775, 2.0315] as const;

/** The nearest orthogonal matrices, approximately. */
export function orthogonalized(matrices: readonly tf.Tensor2D[]): tf.Tensor2D[] {
  const result = new Array<tf.Tensor2D>(matrices.length);
  for (const group of groupedByShape(matrices)) {
    const wide = group.map((i) => upright(matrices[i]!, matrices[i]!));
    tf.unstack(newtonSchulz(tf.stack(wide) as tf.Tensor3D)).forEach((matrix, k) => {
      const i = group[k]!;
      result[i] = upright(matrix as tf.Tensor2D, matrices[i]!);
    });
  }
  return result;
}

/** Indices of the matrices with the same shape up to transposition: they are iterated in one batch. */
function groupedByShape(matrices: readonly tf.Tensor2D[]): number[][] {
  const groups = new Map<string, number[]>();
  matrices.forEach(({ shape }, i) => {
    const key = `${Math.min(...shape)},${Math.max(...shape)}`;
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  return [...groups.values()];
}

/** Transposes matrices with more rows than columns. */
function upright(matrix: tf.Tensor2D, model: tf.Tensor2D): tf.Tensor2D {
  return model.shape[0] > model.shape[1] ? tf.transpose(matrix) : matrix;
}

/** @param matrices [K, r, c], r <= c */
function newtonSchulz(matrices: tf.Tensor3D): tf.Tensor3D {
  const [a, b, c] = QUINTIC;
  const norms = tf.sqrt(tf.sum(tf.square(matrices), [1, 2], true));
  let x = tf.div(matrices, tf.add(norms, 1e-7)) as tf.Tensor3D;
  for (let i = 0; i < STEPS; i++) {
    const gram = tf.matMul(x, x, false, true);
    const polynomial = tf.add(tf.mul(gram, b), tf.mul(tf.matMul(gram, gram), c));
    x = tf.add(tf.mul(x, a), tf.matMul(polynomial, x));
  }
  return x;
}
