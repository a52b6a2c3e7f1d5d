/**
 * The encoder of a 4M model alone, with images as its only input: a vision transformer for transfer to other tasks. Its
 * parameter names are those of the 4M model, so it loads from the same checkpoints. (4M, transfer; `FourMViT` and `FMViT` officially.)
 */
import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '../errors.js';
import { type ModalityInfo, modalityId } from '../modalities/modality.js';
import { type Block, block, buildBlock } from '../nn/block.js';
import { buildLayerNorm, type LayerNorm, layerNorm } from '../nn/layer-norm.js';
import { linear } from '../nn/linear.js';
import { ParameterList } from '../nn/parameters.js';
import { patchCount } from './batch.js';
import { blockConfig, type FmVitConfig } from './config.js';
import { buildInputEmbedding, embedPositions, type InputEmbedding } from './embeddings.js';
import { gatherPatches } from './gather-patches.js';

/** An encoder-only model. */
export interface FmVit {
  readonly config: FmVitConfig;
  readonly parameters: ParameterList;
  readonly embedding: InputEmbedding;
  readonly encoder: readonly Block[];
  readonly encoderNorm: LayerNorm | undefined;
}

/**
 * Builds a model from its configuration; the parameters hold no values yet.
 *
 * @param config from {@link parseFmVitConfig}
 */
export function buildFmVit(config: FmVitConfig): FmVit {
  const list = new ParameterList();
  const { img_size: size, patch_size: patch } = config;
  const name = `rgb@${size}`;
  const info: ModalityInfo = {
    name,
    id: modalityId(name),
    kind: 'pixels',
    channels: config.in_chans,
    maxTokens: (size / patch) ** 2,
    inputSize: [size, size],
    patchSize: [patch, patch],
  };
  const blocks = blockConfig(config);
  return {
    config,
    parameters: list,
    embedding: buildInputEmbedding(list.scope(`encoder_embeddings.${name}`), info, config.dim),
    encoder: Array.from({ length: config.encoder_depth }, (_, i) => buildBlock(list.scope(`encoder.${i}`), blocks)),
    encoderNorm: config.encoder_norm
      ? buildLayerNorm(list.scope('encoder_norm'), config.dim, config.norm_bias)
      : undefined,
  };
}

/**
 * Computes the features of every patch.
 *
 * @param images normalised as for the 4M model, [B, C, H, W]
 * @param size   B
 * @returns      [B, h·w, D], patches in row-major order
 * @throws InvalidInputError if the images do not have the model's input size
 */
export function fmVit(model: FmVit, images: Float32Array, size: number): tf.Tensor3D {
  const { info, projection } = model.embedding;
  const expected = size * info.channels! * info.inputSize![0] * info.inputSize![1];
  if (images.length !== expected) {
    const shape = [size, info.channels, ...info.inputSize!].join('×');
    throw new InvalidInputError(`expected images of ${shape} values, but got ${images.length}`);
  }
  const count = patchCount(info);
  const patches = Int32Array.from({ length: size * count }, (_, i) => i);
  const positions = patches.map((i) => i % count);
  return tf.tidy(() => {
    const tokens = linear(projection!, gatherPatches(info, images, patches));
    const embedded = tf.add(tokens, embedPositions(model.embedding, positions));
    let x = tf.reshape(embedded, [size, count, model.config.dim]) as tf.Tensor3D;
    for (const p of model.encoder) x = block(p, x);
    return model.encoderNorm ? layerNorm(model.encoderNorm, x) : x;
  });
}
