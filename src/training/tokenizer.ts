import * as tf from '@tensorflow/tfjs-core';
import { toPatches } from '../nn/patches.js';
import type { Random } from '../random.js';
import type { Grid } from '../tokenizers/vq/vit.js';
import {
  decode,
  encode,
  inputLayout,
  latentsToTokens,
  tokensToEmbedding,
  type VqEncoder,
  type VqVae,
} from '../tokenizers/vq/vqvae.js';
import { hiddenMatrices } from './hidden-matrices.js';
import type { TrainingTask } from './loop.js';
import { codebookQuantization, memcodesQuantization, type QuantizationInTraining } from './quantization.js';

/** A batch of images for `tokenize`: [B, H, W, C] values, or [B, H, W] class ids. */
export interface ImageBatch {
  readonly values: Float32Array | Int32Array;
  readonly height: number;
  readonly width: number;
}

/** A batch as encoder input. */
export interface Patches {
  /** [B, h·w, C·p·p], each patch by (channel, row, column), or class ids int32 [B, h·w, p·p] */
  readonly patches: tf.Tensor3D;
  /** h and w. */
  readonly grid: Grid;
}

/**
 * The loss of a batch's reconstruction from its codes, [B, h·w, d]. Random numbers of a step are drawn before, because
 * the loss may be computed more than once.
 */
export type ReconstructionLoss = (
  images: ImageBatch,
  patches: Patches,
  random: Random,
) => { loss(codes: tf.Tensor3D): tf.Scalar; dispose(): void };

/**
 * Trains a tokenizer to reconstruct its input: mean squared error of values, cross-entropy of classes. Codebooks are
 * moving averages of their latents, with a commitment loss; Memcodes are trained by gradients.
 * (4M, tokenization.)
 */
export function tokenizerTask(model: VqVae, batch: (random: Random) => ImageBatch): TrainingTask {
  return autoencoderTask(model, batch, (_, { patches, grid }) => ({
    loss: (codes) => reconstructionLoss(model, codes, patches, grid),
    dispose() {},
  }));
}

/** Trains encoder, quantizer and the decoder of `reconstruction` end to end. */
export function autoencoderTask(
  model: VqEncoder,
  batch: (random: Random) => ImageBatch,
  reconstruction: ReconstructionLoss,
): TrainingTask {
  const { config, quantizer } = model;
  // Started by the first step: only then has a resumed run loaded its codebook.
  let quantization: QuantizationInTraining | undefined;

  return {
    parameters: model.parameters,
    trained: model.parameters.all.filter((p) => p.trainable),
    matrices: hiddenMatrices(model.parameters),
    async step(random, differentiate) {
      quantization ??=
        quantizer.kind === 'memcodes' ? memcodesQuantization(quantizer) : await codebookQuantization(quantizer, config);
      const images = batch(random);
      const cut = cutPatches(model, images);
      const { patches, grid } = cut;
      const latents = () => tf.reshape(encode(model, patches, grid), [-1, config.latent_dim]) as tf.Tensor2D;
      const target = reconstruction(images, cut, random);
      const quantize = await quantization.prepare(latents, random);
      let reconstructed: tf.Scalar | undefined;
      const loss = await differentiate(() => {
        const { output, auxiliary } = quantize(latents());
        const codes = tf.reshape(output, [patches.shape[0], -1, config.latent_dim]) as tf.Tensor3D;
        const own = target.loss(codes);
        reconstructed = tf.keep(tf.clone(own));
        return auxiliary ? (tf.add(own, auxiliary) as tf.Scalar) : own;
      });
      const [reconstructionValue] = await reconstructed!.data();
      tf.dispose([patches, reconstructed!]);
      target.dispose();
      return { loss, reconstruction: reconstructionValue!, codes: await quantization.update(random) };
    },
  };
}

/**
 * Trains the decoder of a tokenizer alone: reconstructions improve, and the tokens do not change, so that models trained on them
 * stay valid.
 */
export function decoderTask(model: VqVae, batch: (random: Random) => ImageBatch): TrainingTask {
  return frozenTokensTask(model, batch, (_, { patches, grid }) => ({
    loss: (codes) => reconstructionLoss(model, codes, patches, grid),
    dispose() {},
  }));
}

/** Trains the decoder of `reconstruction`, and neither encoder nor quantizer. */
export function frozenTokensTask(
  model: VqEncoder,
  batch: (random: Random) => ImageBatch,
  reconstruction: ReconstructionLoss,
): TrainingTask {
  const trained = model.parameters.all.filter((p) => p.trainable && /^(decoder|post_quant_proj)\./.test(p.names[0]!));
  return {
    parameters: model.parameters,
    trained,
    matrices: hiddenMatrices(model.parameters).filter(({ parameter }) => trained.includes(parameter)),
    async step(random, differentiate) {
      const images = batch(random);
      const cut = cutPatches(model, images);
      const codes = tf.tidy(() =>
        tokensToEmbedding(model, latentsToTokens(model, encode(model, cut.patches, cut.grid))),
      );
      const target = reconstruction(images, cut, random);
      const loss = await differentiate(() => target.loss(codes));
      tf.dispose([cut.patches, codes]);
      target.dispose();
      return { loss };
    },
  };
}

function cutPatches(model: VqEncoder, images: ImageBatch): Patches {
  const layout = inputLayout(model, images.height, images.width);
  const [h, w] = layout.grid;
  const size = images.values.length / (images.height * images.width * layout.channels);
  const shape: [number, number, number] = [size, h * w, images.values.length / (size * h * w)];
  const patches = tf.tensor3d(toPatches(images.values, layout), shape, model.config.n_labels ? 'int32' : 'float32');
  return { patches, grid: layout.grid };
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
  const targets = tf.oneHot(tf.reshape(classes, [-1]) as tf.Tensor1D, labels);
  return tf.mul(labels, tf.neg(tf.mean(tf.mul(logProbabilities, targets)))) as tf.Scalar;
}
