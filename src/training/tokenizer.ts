import * as tf from '@tensorflow/tfjs-core';
import { toPatches } from '../nn/patches.js';
import type { Random } from '../random.js';
import { CodebookTrainer, quantizeInTraining } from '../tokenizers/vq/quantizer.js';
import { decode, encode, inputLayout, type VqVae } from '../tokenizers/vq/vqvae.js';
import type { TrainingTask } from './loop.js';

/** A batch of images as {@link tokenize} takes them: [B, H, W, C] values, or [B, H, W] class ids. */
export interface ImageBatch {
  readonly values: Float32Array | Int32Array;
  readonly height: number;
  readonly width: number;
}

/**
 * Trains a tokenizer to give back what it is given: mean squared error for values, cross-entropy for classes, and the
 * commitment of the latents to their codes; the codebook follows by moving average. (4M, section 3.1.)
 */
export function tokenizerTask(model: VqVae, batch: (random: Random) => ImageBatch): TrainingTask {
  const { config } = model;
  // Starts with the first step: only then has a resumed run loaded its codebook.
  let started: CodebookTrainer | undefined;

  return {
    parameters: model.parameters,
    trained: model.parameters.all.filter((p) => p.trainable),
    async step(random, differentiate) {
      started ??= await CodebookTrainer.start(model.quantizer, config);
      const codebook = started;
      const images = batch(random);
      const layout = inputLayout(model, images.height, images.width);
      const [h, w] = layout.grid;
      const size = images.values.length / (images.height * images.width * layout.channels);
      const perPatch = images.values.length / (size * h * w);
      const patches = tf.tensor3d(
        toPatches(images.values, layout),
        [size, h * w, perPatch],
        config.n_labels ? 'int32' : 'float32',
      );
      const flat = (x: tf.Tensor3D) => tf.reshape(x, [-1, config.latent_dim]) as tf.Tensor2D;

      if (codebook.waiting) {
        const latents = tf.tidy(() => flat(encode(model, patches, layout.grid)));
        codebook.initialize((await latents.data()) as Float32Array, random);
        latents.dispose();
      }

      const kept: { latents?: tf.Tensor; ids?: tf.Tensor; reconstruction?: tf.Tensor } = {};
      const loss = await differentiate(() => {
        const quantized = quantizeInTraining(model.quantizer, flat(encode(model, patches, layout.grid)));
        kept.latents = tf.keep(quantized.latents);
        kept.ids = tf.keep(quantized.ids);
        const codes = tf.reshape(quantized.output, [size, h * w, config.latent_dim]) as tf.Tensor3D;
        const output = decode(model, codes, layout.grid);
        const reconstruction = config.n_labels
          ? classLoss(output, patches, config.n_labels)
          : tf.mean(tf.square(tf.sub(output, patches)));
        kept.reconstruction = tf.keep(reconstruction);
        return tf.add(reconstruction, tf.mul(config.commitment_weight, quantized.commitment)) as tf.Scalar;
      });
      const [latents, ids, reconstruction] = await Promise.all([
        kept.latents!.data(),
        kept.ids!.data(),
        kept.reconstruction!.data(),
      ]);
      tf.dispose([patches, ...Object.values(kept)]);
      codebook.update(latents as Float32Array, ids, random);
      return { loss, reconstruction: reconstruction[0]!, codes: new Set(ids).size };
    },
  };
}

/**
 * Mean cross-entropy of the classes of all pixels.
 *
 * @param scores  [B, N, labels·P], by (label, pixel)
 * @param classes int32 [B, N, P]
 */
function classLoss(scores: tf.Tensor3D, classes: tf.Tensor3D, labels: number): tf.Scalar {
  const [b, n, p] = classes.shape;
  const byPixel = tf.transpose(tf.reshape(scores, [b * n, labels, p]) as tf.Tensor3D, [0, 2, 1]);
  const logProbabilities = tf.logSoftmax(tf.reshape(byPixel, [b * n * p, labels]));
  const wanted = tf.oneHot(tf.reshape(classes, [-1]) as tf.Tensor1D, labels);
  return tf.mul(labels, tf.neg(tf.mean(tf.mul(logProbabilities, wanted)))) as tf.Scalar;
}
