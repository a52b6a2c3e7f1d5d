import type * as tf from '@tensorflow/tfjs-core';
import { maskSample, type MaskingConfig, type SampleModality } from '../masking/masking.js';
import type { ModalityInfo } from '../modalities/modality.js';
import type { Random } from '../random.js';
import { TOYBOX_SIZE } from '../toybox/modalities.js';
import { type Batch, fourMLoss } from '../transformer/loss.js';
import type { FourM } from '../transformer/model.js';
import type { TrainingTask } from './loop.js';
import type { ToyboxTokens } from './toybox-tokens.js';

/** How the model is trained on tokens. */
export interface ModelTraining {
  /** Samples a step. */
  readonly batch: number;
  readonly masking: MaskingConfig;
  /** Places for input and for target tokens in every sample; what a sample does not fill is padding. */
  readonly encoderTokens: number;
  readonly decoderTokens: number;
}

/** Trains the transformer to predict the masked from the visible tokens; every modality weighs the same. (4M, section 3.) */
export function modelTask(model: FourM, data: ToyboxTokens, training: ModelTraining): TrainingTask {
  const infos = Object.values(model.modalities);
  return {
    parameters: model.parameters,
    async step(random, differentiate) {
      const scenes = Array.from({ length: training.batch }, () => random.integer(0, data.count - 1));
      const batch = maskedBatch(data, scenes, infos, training.masking, random);
      const order = random.permutation(infos.length);
      const kept: Record<string, tf.Tensor> = {};
      const loss = await differentiate(() => {
        const { loss, perModality } = fourMLoss(model, batch, {
          encoderTokens: training.encoderTokens,
          decoderTokens: training.decoderTokens,
          decoderOrder: Array.from(order, (i) => infos[i]!.name).filter((name) => name in model.decoderEmbeddings),
          lossType: 'mod',
        });
        for (const [name, value] of Object.entries(perModality)) kept[name] = value;
        return loss;
      });
      return { loss };
    },
  };
}
