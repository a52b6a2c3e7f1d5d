import * as tf from '@tensorflow/tfjs-core';
import type { Batch } from './batch.js';
import { targetLogits } from './embeddings.js';
import { type ForwardOptions, forward } from './forward.js';
import type { FourM } from './model.js';

/** How the losses of the modalities become one. */
export interface LossOptions extends ForwardOptions {
  /** `mod`: every modality of the batch weighs the same, or by `weights`; `token`: every target weighs the same. */
  readonly lossType: 'mod' | 'token';
  /** With `mod`: how much a modality counts, by name; 1 where not named. */
  readonly weights?: Readonly<Record<string, number>> | undefined;
  /**
   * With `official`, `token` weighs a modality by targets × vocabulary size, as the reference does (its count of tokens is
   * the count of logits).
   */
  readonly compat?: 'official';
}

/** A loss and what it is made of. */
export interface Losses {
  readonly loss: tf.Scalar;
  /** Mean cross-entropy of each modality's targets, in nats; 0 for one that has none in this batch. */
  readonly perModality: Record<string, tf.Scalar>;
}

/**
 * How badly the model says a batch's targets. To be called inside `tf.tidy` or `tf.variableGrads`. (`forward_loss` officially.)
 */
export function fourMLoss(model: FourM, batch: Batch, options: LossOptions): Losses {
  const { output, targets } = forward(model, batch, options);
  const rows = tf.reshape(output, [-1, model.config.dim]) as tf.Tensor2D;
  const perModality: Record<string, tf.Scalar> = {};
  const weights: number[] = [];
  const ofModality = (name: string) => options.weights?.[name] ?? 1;
  for (const { modality, sequenceIndices: slots } of targets.gathered) {
    if (slots.length === 0) {
      perModality[modality] = tf.scalar(0);
      weights.push(options.lossType === 'mod' ? ofModality(modality) : 0);
      continue;
    }
    const embedding = model.decoderEmbeddings[modality]!;
    const logits = targetLogits(embedding, tf.gather(rows, tf.tensor1d(slots, 'int32')));
    const ids = slots.map((slot) => targets.targetIds[slot]!);
    perModality[modality] = crossEntropy(logits, ids);
    const perToken = options.compat === 'official' ? logits.shape[1] : 1;
    weights.push(options.lossType === 'mod' ? ofModality(modality) : slots.length * perToken);
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const weighted = Object.values(perModality).map((loss, i) => tf.mul(loss, weights[i]! / Math.max(total, 1)));
  return { loss: tf.addN(weighted) as tf.Scalar, perModality };
}

/**
 * Mean of `-log softmax(logits)[id]`, in nats. Its gradient is the softmax minus one at the id, which is computed here
 * directly: the chain rule would go through three more tensors of the size of the logits.
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
