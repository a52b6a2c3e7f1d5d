import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '../../errors.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import { normal, type Parameter, ParameterList } from '../../nn/parameters.js';
import { fromPatches, type PatchLayout, toPatches } from '../../nn/patches.js';
import { parseVqVaeConfig, type VitPreset, type VqVaeConfig, vitPreset } from './config.js';
import { buildQuantizer, lookUp, nearestCodes, type Quantizer } from './quantizer.js';
import {
  buildVitDecoder,
  buildVitEncoder,
  decodePatches,
  encodePatches,
  type Grid,
  type VitDecoder,
  type VitEncoder,
} from './vit.js';

/**
 * A tokenizer of images and maps: a ViT encoder, a quantizer, a ViT decoder. (`VQVAE` officially; 4M, section 3.1.)
 *
 * Maps of classes go in as class ids, through an embedding, and come out as a score for every class.
 */
export interface VqVae {
  readonly config: VqVaeConfig;
  readonly parameters: ParameterList;
  /** Vectors that stand for the classes, [labels, C]. */
  readonly classEmbedding: Parameter | undefined;
  readonly encoder: VitEncoder;
  readonly quantProj: Linear;
  readonly quantizer: Quantizer;
  readonly postQuantProj: Linear;
  readonly decoder: VitDecoder;
}

/**
 * Builds a tokenizer from its configuration alone; its parameters hold no values yet.
 *
 * @param config  with the published keys
 * @param presets the architectures that the config may name, where they are other than the usual ones
 * @throws InvalidInputError naming the key that is wrong
 */
export function buildVqVae(config: unknown, presets?: Record<string, VitPreset>): VqVae {
  const c = parseVqVaeConfig(config);
  const list = new ParameterList();
  const patch = c.patch_proj ? c.patch_size : 1;
  const patchOut = c.patch_proj ? (c.patch_size_dec ?? c.patch_size) : 1;
  const encoder = vitPreset(c.enc_type, presets);
  const decoder = vitPreset(c.dec_type, presets);
  return {
    config: c,
    parameters: list,
    classEmbedding: c.n_labels
      ? list.add('cls_emb.weight', [c.n_labels, c.n_channels], { init: normal(1) })
      : undefined,
    encoder: buildVitEncoder(list.scope('encoder'), {
      ...encoder,
      channels: c.n_channels,
      patch,
      grid: tableGrid(c.image_size_enc ?? c.image_size, c.patch_size),
      postMlp: c.post_mlp,
    }),
    quantProj: buildLinear(list.scope('quant_proj'), [encoder.width, 1, 1], c.latent_dim),
    quantizer: buildQuantizer(list.scope('quantize'), c),
    decoder: buildVitDecoder(list.scope('decoder'), {
      ...decoder,
      channels: c.n_labels ?? c.n_channels,
      patch: patchOut,
      grid: tableGrid(c.image_size_dec ?? c.image_size, c.patch_size_dec ?? c.patch_size),
      postMlp: c.post_mlp,
    }),
    postQuantProj: buildLinear(list.scope('post_quant_proj'), [c.latent_dim, 1, 1], decoder.width),
  };
}

function tableGrid(size: number | readonly [number, number], patch: number): Grid {
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  if (height < patch || width < patch) {
    throw new InvalidInputError(`tokenizer config: an image of ${width}×${height} has no patch of ${patch}×${patch}`);
  }
  return [Math.floor(height / patch), Math.floor(width / patch)];
}

/** How this tokenizer cuts what it is given: classes have one channel, features have patches of one cell. */
export function inputLayout({ config: c }: VqVae, height: number, width: number): PatchLayout {
  const patch = c.patch_proj ? c.patch_size : 1;
  if (![height, width].every((side) => side >= patch && Number.isInteger(side / patch))) {
    throw new InvalidInputError(`${width}×${height} cannot be cut into patches of ${patch}×${patch}`);
  }
  return {
    channels: c.n_labels ? 1 : c.n_channels,
    grid: [height / patch, width / patch],
    patch: [patch, patch],
    order: 'channel-first',
  };
}

/** How this tokenizer's output is put together. */
export function outputLayout({ config: c }: VqVae, grid: Grid): PatchLayout {
  const patch = c.patch_proj ? (c.patch_size_dec ?? c.patch_size) : 1;
  return { channels: c.n_labels ?? c.n_channels, grid, patch: [patch, patch], order: 'channel-first' };
}

/**
 * @param patches  [B, h·w, C·patch·patch], or class ids int32 [B, h·w, patch·patch]
 * @returns        latents, [B, h·w, d]
 */
export function encode(model: VqVae, patches: tf.Tensor3D, grid: Grid): tf.Tensor3D {
  return tf.tidy(() => {
    const input = model.classEmbedding ? embedClasses(model.classEmbedding, patches) : patches;
    const standardized = model.config.undo_std ? undoStandardization(input) : input;
    return linear(model.quantProj, encodePatches(model.encoder, standardized, grid));
  });
}

/**
 * @param quantized codes, [B, h·w, d]
 * @returns         values, or a score for every class, [B, h·w, C·patch·patch]
 */
export function decode(model: VqVae, quantized: tf.Tensor3D, grid: Grid): tf.Tensor3D {
  return tf.tidy(() => decodePatches(model.decoder, linear(model.postQuantProj, quantized), grid));
}

/**
 * @param images  values as the tokenizer was trained on, [B, H, W, C], or class ids [B, H, W]
 * @returns       one id a patch, [B, h·w]
 * @throws InvalidInputError for sizes that the patches do not divide, ids of no class, and values that are no numbers
 */
export async function tokenize(
  model: VqVae,
  images: Float32Array | Int32Array,
  height: number,
  width: number,
): Promise<Int32Array> {
  const layout = inputLayout(model, height, width);
  const [h, w] = layout.grid;
  const perImage = height * width * layout.channels;
  if (images.length === 0 || images.length % perImage) {
    throw new InvalidInputError(
      `${images.length} values are not a whole number of ${width}×${height}×${layout.channels} images`,
    );
  }
  const labels = model.config.n_labels;
  if (labels && images.some((id) => !(id >= 0 && id < labels && Number.isInteger(id)))) {
    throw new InvalidInputError(`class ids must be whole numbers from 0 to ${labels - 1}`);
  }
  if (images.some((value) => !Number.isFinite(value))) throw new InvalidInputError('an image holds NaN or infinity');
  const ids = tf.tidy(() => {
    const shape: [number, number, number] = [images.length / perImage, h * w, perImage / (h * w)];
    const patches = tf.tensor3d(toPatches(images, layout), shape, labels ? 'int32' : 'float32');
    const latents = encode(model, patches, layout.grid);
    return nearestCodes(model.quantizer, tf.reshape(latents, [-1, model.config.latent_dim]));
  });
  return takeData(ids) as Promise<Int32Array>;
}

/**
 * @param ids   [B, h·w]
 * @param grid  h and w
 * @returns     values as the tokenizer was trained on, [B, H, W, C]; scores of the classes where it knows classes
 * @throws InvalidInputError for ids that are not in the codebook, or not a whole number of grids
 */
export async function detokenize(model: VqVae, ids: Int32Array, grid: Grid): Promise<Float32Array> {
  const size = model.config.codebook_size;
  const wrong = ids.find((id) => !(id >= 0 && id < size));
  if (wrong !== undefined) throw new InvalidInputError(`token ${wrong} is not in the codebook (0 to ${size - 1})`);
  const [h, w] = grid;
  if (![h, w, ids.length / (h * w)].every((n) => n > 0 && Number.isInteger(n))) {
    throw new InvalidInputError(`${ids.length} tokens are not a whole number of grids of ${w}×${h}`);
  }
  const patches = tf.tidy(() => {
    const tokens = tf.tensor2d(ids, [ids.length / (h * w), h * w], 'int32');
    return decode(model, lookUp(model.quantizer, tokens) as tf.Tensor3D, grid);
  });
  return fromPatches((await takeData(patches)) as Float32Array, outputLayout(model, grid));
}

async function takeData(tensor: tf.Tensor): Promise<tf.TypedArray> {
  const data = await tensor.data();
  tensor.dispose();
  return data;
}

/** Class ids [B, N, P] to patches by (channel, pixel), [B, N, C·P]. */
function embedClasses(embedding: Parameter, ids: tf.Tensor3D): tf.Tensor3D {
  const [b, n, p] = ids.shape;
  const embedded = tf.reshape(tf.gather(embedding.value, tf.reshape(ids, [-1])), [b * n, p, -1]) as tf.Tensor3D;
  return tf.reshape(tf.transpose(embedded, [0, 2, 1]), [b, n, -1]);
}

const IMAGENET_MEAN = [0.485, 0.456, 0.406];
const IMAGENET_STD = [0.229, 0.224, 0.225];

/** From ImageNet's standardization to [-1, 1]; patches by (channel, pixel). */
function undoStandardization(patches: tf.Tensor3D): tf.Tensor3D {
  const [b, n, values] = patches.shape;
  const byChannel = tf.reshape(patches, [b * n, 3, values / 3]);
  const image = tf.add(tf.mul(byChannel, tf.tensor3d(IMAGENET_STD, [1, 3, 1])), tf.tensor3d(IMAGENET_MEAN, [1, 3, 1]));
  return tf.reshape(tf.sub(tf.mul(2, image), 1), [b, n, values]) as tf.Tensor3D;
}
