import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '../errors.js';
import { toPatches } from '../nn/patches.js';
import type { Random } from '../random.js';
import { CodebookTrainer } from '../tokenizers/vq/codebook-trainer.js';
import { comparedLatents, type Quantizer, quantizeInTraining } from '../tokenizers/vq/quantizer.js';
import type { Grid } from '../tokenizers/vq/vit.js';
import { decode, encode, inputLayout, latentsToTokens, tokensToEmbedding, type VqVae } from '../tokenizers/vq/vqvae.js';
import type { TrainingTask } from './loop.js';

/** A batch of images as `tokenize` takes them: [B, H, W, C] values, or [B, H, W] class ids. */
export interface ImageBatch {
  readonly values: Float32Array | Int32Array;
  readonly height: number;
  readonly width: number;
}

/**
 * Trains a tokenizer to give back what it is given: mean squared error for values, cross-entropy for classes, and the
 * commitment of the latents to their codes; the codebook follows by moving average. (4M, section 3.1.)
 *
 * @throws InvalidInputError for a tokenizer with Memcodes, whose codes gradients train
 */
export function tokenizerTask(model: VqVae, batch: (random: Random) => ImageBatch): TrainingTask {
  const { config } = model;
  const quantizer = codebookOf(model);
  // Starts with the first step: only then has a resumed run loaded its codebook.
  let started: CodebookTrainer | undefined;

  return {
    parameters: model.parameters,
    trained: model.parameters.all.filter((p) => p.trainable),
    async step(random, differentiate) {
      started ??= await CodebookTrainer.start(quantizer, config);
      const codebook = started;
      const { patches, grid } = cut(model, batch(random));
      const chosen = await lookAhead(
        codebook,
        () => comparedLatents(quantizer, flatLatents(model, patches, grid)),
        random,
      );
      const kept: { latents?: tf.Tensor; ids?: tf.Tensor; reconstruction?: tf.Tensor } = {};
      const loss = await differentiate(() => {
        const quantized = quantizeInTraining(quantizer, flatLatents(model, patches, grid), chosen);
        const codes = tf.reshape(quantized.output, [patches.shape[0], -1, config.latent_dim]) as tf.Tensor3D;
        const reconstruction = reconstructionLoss(model, codes, patches, grid);
        kept.latents = tf.keep(quantized.latents);
        kept.ids = tf.keep(quantized.ids);
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
 * Trains the decoder of a tokenizer alone. Its tokens stay as they are, so that a model trained on them stays valid, and its
 * pictures get better.
 */
export function decoderTask(model: VqVae, batch: (random: Random) => ImageBatch): TrainingTask {
  return {
    parameters: model.parameters,
    trained: model.parameters.all.filter((p) => p.trainable && /^(decoder|post_quant_proj)\./.test(p.names[0]!)),
    async step(random, differentiate) {
      const { patches, grid } = cut(model, batch(random));
      const codes = tf.tidy(() => tokensToEmbedding(model, latentsToTokens(model, encode(model, patches, grid))));
      const loss = await differentiate(() => reconstructionLoss(model, codes, patches, grid));
      tf.dispose([patches, codes]);
      return { loss };
    },
  };
}

function codebookOf({ quantizer, config }: VqVae): Quantizer {
  if (quantizer.kind === 'codebook') return quantizer;
  throw new InvalidInputError(
    `a tokenizer with quant_type "${config.quant_type}" has no codebook that could be trained`,
  );
}

/**
 * Shows a batch to a codebook that k-means has yet to fill, or that chooses its codes on the host.
 *
 * @returns the codes, where they are chosen there
 */
async function lookAhead(
  codebook: CodebookTrainer,
  encoded: () => tf.Tensor2D,
  random: Random,
): Promise<Int32Array | undefined> {
  if (!codebook.waiting && !codebook.hasCopies) return undefined;
  const ahead = tf.tidy(encoded);
  const latents = (await ahead.data()) as Float32Array;
  ahead.dispose();
  if (codebook.waiting) codebook.initialize(latents, random);
  return codebook.hasCopies ? codebook.choose(latents) : undefined;
}

/** A batch as the encoder reads it: [B, h·w, C·patch·patch], or class ids. */
function cut(model: VqVae, images: ImageBatch): { patches: tf.Tensor3D; grid: Grid } {
  const layout = inputLayout(model, images.height, images.width);
  const [h, w] = layout.grid;
  const size = images.values.length / (images.height * images.width * layout.channels);
  const shape: [number, number, number] = [size, h * w, images.values.length / (size * h * w)];
  const patches = tf.tensor3d(toPatches(images.values, layout), shape, model.config.n_labels ? 'int32' : 'float32');
  return { patches, grid: layout.grid };
}

/** @returns [B·h·w, d] */
function flatLatents(model: VqVae, patches: tf.Tensor3D, grid: Grid): tf.Tensor2D {
  return tf.reshape(encode(model, patches, grid), [-1, model.config.latent_dim]);
}

function reconstructionLoss(model: VqVae, codes: tf.Tensor3D, patches: tf.Tensor3D, grid: Grid): tf.Scalar {
  const output = decode(model, codes, grid);
  const labels = model.config.n_labels;
  return labels ? classLoss(output, patches, labels) : (tf.mean(tf.square(tf.sub(output, patches))) as tf.Scalar);
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
