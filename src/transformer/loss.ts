import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy } from '../nn/cross-entropy.js';
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
