import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from './batch.js';
import { targetLogits } from './embeddings.js';
import { type ForwardOptions, forward } from './forward.js';
import type { FourM } from './model.js';

/** How the losses of the modalities are combined. */
export interface LossOptions extends ForwardOptions {
  /** `mod`: mean over the modalities of the batch, weighted by `weights`; `token`: mean over all target tokens. */
  readonly lossType: 'mod' | 'token';
  /** With `mod`: loss weights by modality; 1 if absent. */
  readonly weights?: Readonly<Record<string, number>> | undefined;
  /**
   * With `official`, `token` weighs a modality by targets × vocabulary size, as the reference does (it counts logits, not
   * tokens).
   */
  readonly compat?: 'official';
}

/** The total loss and its parts. */
export interface Losses {
  readonly loss: tf.Scalar;
  /** Mean cross-entropy of each modality's targets, in nats; 0 for a modality without targets in this batch. */
  readonly perModality: Record<string, tf.Scalar>;
}

/**
 * Cross-entropy loss of a batch's targets. Call it inside `tf.tidy` or `tf.variableGrads`. (`forward_loss` officially.)
 */
export function fourMLoss(model: FourM, batch: Batch, options: LossOptions): Losses {
  const { output, targets } = forward(model, batch, options);
  const rows = tf.reshape(output, [-1, model.config.dim]) as tf.Tensor2D;
  const perModality: Record<string, tf.Scalar> = {};
  const weights: number[] = [];
  const ofModality = (name: string) => options.weights?.[name] ?? 1;
  for (const { modality, sequenceIndices } of targets.gathered) {
    if (sequenceIndices.length === 0) {
      perModality[modality] = tf.scalar(0);
      weights.push(options.lossType === 'mod' ? ofModality(modality) : 0);
      continue;
    }
    const embedding = model.decoderEmbeddings[modality]!;
    const logits = targetLogits(embedding, tf.gather(rows, tf.tensor1d(sequenceIndices, 'int32')));
    const ids = sequenceIndices.map((index) => targets.targetIds[index]!);
    perModality[modality] = crossEntropy(logits, ids);
    const perToken = options.compat === 'official' ? logits.shape[1] : 1;
    weights.push(options.lossType === 'mod' ? ofModality(modality) : sequenceIndices.length * perToken);
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const weighted = Object.values(perModality).map((loss, i) => tf.mul(loss, weights[i]! / Math.max(total, 1)));
  return { loss: tf.addN(weighted) as tf.Scalar, perModality };
}

/**
 * Mean of `-log softmax(logits)[id]`, in nats. The gradient, softmax minus one-hot, is computed in closed form: automatic
 * differentiation would allocate three more tensors of the size of the logits.
 *
 * @param logits [R, V], R > 0
 * @param ids    [R], each from 0 to V - 1
 */
export function crossEntropy(logits: tf.Tensor2D, ids: Int32Array): tf.Scalar {
  const [count, vocabulary] = logits.shape;
  const forward = tf.customGrad((input, save) => {
    const logProbabilities = tf.logSoftmax(input as tf.Tensor2D);
    const hot = tf.oneHot(tf.tensor1d(ids, 'int32'), vocabulary, 1, 0, 'float32') as tf.Tensor2D;
    (save as tf.GradSaveFunc)([logProbabilities, hot]);
    const value = tf.mul(tf.sum(tf.mul(logProbabilities, hot)), -1 / count) as tf.Scalar;
    const gradFunc = (dy: tf.Scalar, saved: tf.Tensor[]) => {
      const [logProbabilities, hot] = saved as [tf.Tensor2D, tf.Tensor2D];
      return tf.mul(tf.sub(tf.exp(logProbabilities), hot), tf.mul(dy, 1 / count));
    };
    return { value, gradFunc };
  });
  return forward(logits) as tf.Scalar;
}
