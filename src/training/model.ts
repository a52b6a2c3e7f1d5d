import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../random.js';
import type { Batch } from '../transformer/batch.js';
import { fourMLoss } from '../transformer/loss.js';
import type { FourM } from '../transformer/model.js';
import { hiddenMatrices } from './hidden-matrices.js';
import type { TrainingTask } from './loop.js';

/** Configuration of the model's training. */
export interface ModelTraining {
  /** Sequence lengths of encoder and decoder; shorter samples are padded. */
  readonly encoderTokens: number;
  readonly decoderTokens: number;
  /** Loss weight of each modality, by name; 1 if absent. */
  readonly lossWeights?: Readonly<Record<string, number>>;
}

/** Trains the transformer to predict the masked tokens from the visible ones. (4M, training.) */
export function modelTask(model: FourM, nextBatch: (random: Random) => Batch, training: ModelTraining): TrainingTask {
  const predicted = Object.keys(model.decoderEmbeddings);
  return {
    parameters: model.parameters,
    trained: model.parameters.all.filter((p) => p.trainable),
    matrices: hiddenMatrices(model.parameters),
    async step(random, differentiate) {
      const batch = nextBatch(random);
      const decoderOrder = Array.from(random.permutation(predicted.length), (i) => predicted[i]!);
      const kept: Record<string, tf.Scalar> = {};
      const loss = await differentiate(() => {
        const { encoderTokens, decoderTokens, lossWeights: weights } = training;
        const losses = fourMLoss(model, batch, {
          encoderTokens,
          decoderTokens,
          decoderOrder,
          lossType: 'mod',
          weights,
        });
        for (const [name, value] of Object.entries(losses.perModality)) kept[name] = tf.keep(value);
        return losses.loss;
      });
      const values: Record<string, number> = { loss };
      for (const name of predicted) values[name] = (await kept[name]!.data())[0]!;
      tf.dispose(Object.values(kept));
      return values;
    },
  };
}
