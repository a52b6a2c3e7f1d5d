import * as tf from '@tensorflow/tfjs-core';
import type { MaskingConfig, MixtureComponent } from '../masking/masking.js';
import { fourMLoss } from '../transformer/loss.js';
import type { FourM } from '../transformer/model.js';
import type { TrainingTask } from './loop.js';
import type { HiddenMatrix } from './muon.js';
import { maskedBatch } from './toybox-batches.js';
import type { ToyboxTokens } from './toybox-tokens.js';

/** How the model is trained on tokens. */
export interface ModelTraining {
  /** Samples a step. */
  readonly batch: number;
  readonly masking: MaskingConfig;
  /** Places for input and for target tokens in every sample; what a sample does not fill is padding. */
  readonly encoderTokens: number;
  readonly decoderTokens: number;
  /** How much the loss of each modality counts, by name; 1 where not named. */
  readonly lossWeights?: Readonly<Record<string, number>>;
}

/** A picture's tokens count most: of what they say, little is told by the rest, and it takes longest to learn. */
export const TOYBOX_LOSS_WEIGHTS: Readonly<Record<string, number>> = { 'tok_rgb@64': 3 };

/**
 * What the default model sees: four tenths of the samples are a whole picture to everything else, half a caption with none,
 * some or all of a segmentation and a picture to the rest of them, the others anything to anything. (The published mixtures
 * are of the same kinds: `rgb2all`, caption-biased, `all2all`.)
 *
 * A picture's own tokens are among its targets since that is how the model learns fastest what each of them looks like. A
 * caption beside a segmentation tells the colour of what is already in its place, which is far easier to learn than both at
 * once; beside a part of one it also tells how that goes on, so that what is drawn step by step hangs together.
 */
export const TOYBOX_MIXTURE: readonly MixtureComponent[] = [
  {
    weight: 4,
    inputAlphas: { 'rgb@64': 1 },
    targetAlphas: {
      'tok_rgb@64': 1.5,
      'tok_depth@64': 3,
      'tok_normal@64': 1.5,
      'tok_semseg@64': 4,
      caption: 2,
      det: 1,
    },
  },
  {
    weight: 2,
    inputAlphas: { caption: 2, 'tok_semseg@64': 2 },
    targetAlphas: { 'tok_rgb@64': 4, 'tok_semseg@64': 2 },
    keep: { caption: 'all' },
  },
  {
    weight: 1,
    inputAlphas: { caption: 1 },
    targetAlphas: { 'tok_rgb@64': 2, 'tok_semseg@64': 4 },
    keep: { caption: 'all' },
  },
  {
    weight: 2,
    inputAlphas: { caption: 1, 'tok_rgb@64': 2, 'tok_semseg@64': 0.5 },
    targetAlphas: { 'tok_rgb@64': 4, 'tok_semseg@64': 1 },
    keep: { caption: 'all' },
  },
  {
    weight: 1,
    inputAlphas: everything([
      'rgb@64',
      'tok_rgb@64',
      'tok_depth@64',
      'tok_normal@64',
      'tok_semseg@64',
      'caption',
      'det',
    ]),
    targetAlphas: everything(['tok_rgb@64', 'tok_depth@64', 'tok_normal@64', 'tok_semseg@64', 'caption', 'det']),
  },
];

function everything(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, 0.5]));
}

/** Trains the transformer to say the masked tokens from the visible ones. (4M, section 3.) */
export function modelTask(model: FourM, data: ToyboxTokens, training: ModelTraining): TrainingTask {
  const infos = Object.values(model.modalities);
  const predicted = Object.keys(model.decoderEmbeddings);
  return {
    parameters: model.parameters,
    trained: model.parameters.all.filter((p) => p.trainable),
    matrices: blockMatrices(model),
    async step(random, differentiate) {
      const scenes = Array.from({ length: training.batch }, () => random.integer(0, data.count - 1));
      const batch = maskedBatch(data, scenes, infos, training.masking, random);
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

/** The matrices of all blocks; those that make queries, keys and values at once are several side by side. */
function blockMatrices(model: FourM): HiddenMatrix[] {
  const matrices = model.parameters.all.filter(
    ({ names, shape }) => /^(en|de)coder\.\d+\./.test(names[0]!) && shape.length === 2,
  );
  return matrices.map((parameter) => {
    const [name] = parameter.names;
    return { parameter, parts: name!.includes('.qkv.') ? 3 : name!.includes('.kv.') ? 2 : 1 };
  });
}
