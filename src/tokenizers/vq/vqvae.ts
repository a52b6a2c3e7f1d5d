import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '../../errors.js';
import { NOT_FINITE } from '../../nn/arg-max.js';
import { normal } from '../../nn/initializers.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import { notFiniteError } from '../../nn/not-finite.js';
import { type Parameter, ParameterList } from '../../nn/parameters.js';
import { fromPatches, type PatchLayout, toPatches } from '../../nn/patches.js';
import { parseVqVaeConfig, type VitPreset, type VqVaeConfig } from './config.js';
import { prepareInput } from './input.js';
import { buildMemcodes, lookUpIds, lookUpValues, type Memcodes } from './memcodes.js';
import {
  buildDecoder,
  buildEncoder,
  type Decoder,
  decoderPatch,
  type Encoder,
  encoderPatch,
  runDecoder,
  runEncoder,
} from './network.js';
import { buildQuantizer, comparedLatents, lookUpCodes, mergeHeads, nearestCodes, type Quantizer } from './quantizer.js';
import type { Grid } from './vit.js';

/**
 * A tokenizer of images, maps and vectors: an encoder, a quantizer, a decoder. (`VQVAE` officially; 4M, tokenization.)
 *
 * For semantic maps, the input is embedded class ids, and the output is a score for every class.
 */
export interface VqVae extends VqEncoder {
  readonly postQuantProj: Linear;
  readonly decoder: Decoder;
}

/** Encoder and quantizer of a tokenizer. (`VQ` officially.) */
export interface VqEncoder {
  readonly config: VqVaeConfig;
  readonly parameters: ParameterList;
  /** Class embedding, [labels, C]. */
  readonly classEmbedding: Parameter | undefined;
  readonly encoder: Encoder;
  readonly quantProj: Linear;
  readonly quantizer: Quantizer | Memcodes;
}

/**
 * Builds a tokenizer from its configuration; the parameters hold no values yet.
 *
 * @param config  with the published keys
 * @param presets named architectures for the config, instead of the published ones
 * @throws InvalidInputError naming the invalid key
 */
export function buildVqVae(config: unknown, presets?: Record<string, VitPreset>): VqVae {
  const half = buildVqEncoder(config, presets);
  const { config: c, parameters: list } = half;
  const decoder = buildDecoder(list.scope('decoder'), c, presets);
  const postQuantProj = buildLinear(list.scope('post_quant_proj'), [c.latent_dim, 1, 1], decoder.width);
  return { ...half, decoder: decoder.network, postQuantProj };
}

/** Builds encoder and quantizer, with the arguments and errors of {@link buildVqVae}. */
export function buildVqEncoder(config: unknown, presets?: Record<string, VitPreset>): VqEncoder {
  const c = parseVqVaeConfig(config);
  const list = new ParameterList();
  const { n_labels, n_channels, latent_dim } = c;
  const classEmbedding = n_labels ? list.add('cls_emb.weight', [n_labels, n_channels], { init: normal(1) }) : undefined;
  const encoder = buildEncoder(list.scope('encoder'), c, presets);
  const quantProj = buildLinear(list.scope('quant_proj'), [encoder.width, 1, 1], latent_dim);
  const buildCodes = c.quant_type === 'memcodes' ? buildMemcodes : buildQuantizer;
  const quantizer = buildCodes(list.scope('quantize'), c);
  return { config: c, parameters: list, classEmbedding, encoder: encoder.network, quantProj, quantizer };
}

/** Patch layout of the input: class maps have one channel, feature maps have patches of one cell. */
export function inputLayout({ config: c }: VqEncoder, height: number, width: number): PatchLayout {
  const patch = encoderPatch(c);
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

/** Patch layout of the output. */
export function outputLayout({ config: c }: VqVae, grid: Grid): PatchLayout {
  const patch = decoderPatch(c);
  return { channels: c.n_labels ?? c.n_channels, grid, patch: [patch, patch], order: 'channel-first' };
}

/**
 * @param patches  [B, h·w, C·patch·patch], or class ids int32 [B, h·w, patch·patch]
 * @returns        latents, [B, h·w, d]
 */
export function encode(model: VqEncoder, patches: tf.Tensor3D, grid: Grid): tf.Tensor3D {
  return tf.tidy(() => linear(model.quantProj, runEncoder(model.encoder, prepareInput(model, patches), grid)));
}

/**
 * @param quantized codes, [B, h·w, d]
 * @returns         values, or a score for every class, [B, h·w, C·patch·patch]
 */
export function decode(model: VqVae, quantized: tf.Tensor3D, grid: Grid): tf.Tensor3D {
  return tf.tidy(() => runDecoder(model.decoder, linear(model.postQuantProj, quantized), grid));
}

/**
 * @param latents [B, h·w, d]
 * @returns       the token of each, int32 [B, h·w]; with several codebooks [B, codebooks, h·w]
 */
export function latentsToTokens({ quantizer: q }: VqEncoder, latents: tf.Tensor3D): tf.Tensor2D | tf.Tensor3D {
  return tf.tidy(() => {
    const [b, n, d] = latents.shape;
    const flat = tf.reshape(latents, [b * n, d]) as tf.Tensor2D;
    const ids = q.kind === 'memcodes' ? lookUpIds(q, flat) : nearestCodes(q, comparedLatents(q, flat));
    if (q.heads === 1) return tf.reshape(ids, [b, n]) as tf.Tensor2D;
    return tf.transpose(tf.reshape(ids, [b, n, q.heads]) as tf.Tensor3D, [0, 2, 1]);
  });
}

/**
 * @param tokens int32 [B, h·w]; with several codebooks [B, codebooks, h·w]
 * @returns      codes, the decoder's input, [B, h·w, d]
 */
export function tokensToEmbedding({ quantizer: q, config }: VqEncoder, tokens: tf.Tensor2D | tf.Tensor3D): tf.Tensor3D {
  return tf.tidy(() => {
    const [b, n] = [tokens.shape[0], tokens.shape.at(-1)!];
    const byPosition = tokens.rank === 3 ? tf.transpose(tokens as tf.Tensor3D, [0, 2, 1]) : tokens;
    const ids = tf.reshape(byPosition, [-1]) as tf.Tensor1D;
    const codes = q.kind === 'memcodes' ? lookUpValues(q, ids) : mergeHeads(q, lookUpCodes(q, ids) as tf.Tensor2D);
    return tf.reshape(codes, [b, n, config.latent_dim]) as tf.Tensor3D;
  });
}

/**
 * @param images  values as the tokenizer was trained on, [B, H, W, C], or class ids [B, H, W]; vectors are images of one pixel
 * @returns       one id per patch, [B, h·w]; with several codebooks [B, codebooks, h·w]
 * @throws InvalidInputError for sizes not divisible by the patch size, unknown class ids, and NaN or infinite values
 * @throws NotFiniteError naming the weights that are at fault, if latents are not finite
 */
export async function tokenize(
  model: VqEncoder,
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
    return latentsToTokens(model, encode(model, patches, layout.grid));
  });
  const tokens = (await takeData(ids)) as Int32Array;
  if (tokens.includes(NOT_FINITE)) throw await notFiniteError('the latents of the tokenizer', model.parameters.all);
  return tokens;
}

/**
 * @param ids   [B, h·w]; with several codebooks [B, codebooks, h·w]
 * @param grid  h and w
 * @returns     values as the tokenizer was trained on, [B, H, W, C]; class scores for semantic maps
 * @throws InvalidInputError for ids that are not in the codebook, or not a whole number of grids
 * @throws NotFiniteError naming the weights that are at fault, if values are not finite
 */
export async function detokenize(model: VqVae, ids: Int32Array, grid: Grid): Promise<Float32Array> {
  const size = model.config.codebook_size;
  const wrong = ids.find((id) => !(id >= 0 && id < size));
  if (wrong !== undefined) throw new InvalidInputError(`token ${wrong} is not in the codebook (0 to ${size - 1})`);
  const [h, w] = grid;
  const { heads } = model.quantizer;
  const batch = ids.length / (h * w * heads);
  if (![h, w, batch].every((n) => n > 0 && Number.isInteger(n))) {
    const each = heads > 1 ? `${heads}×` : '';
    throw new InvalidInputError(`${ids.length} tokens are not a whole number of grids of ${each}${w}×${h}`);
  }
  const patches = tf.tidy(() => {
    const tokens = tf.tensor3d(ids, [batch, heads, h * w], 'int32');
    return decode(model, tokensToEmbedding(model, tokens), grid);
  });
  const values = (await takeData(patches)) as Float32Array;
  if (!values.every(Number.isFinite)) throw await notFiniteError('the values of the tokenizer', model.parameters.all);
  return fromPatches(values, outputLayout(model, grid));
}

async function takeData(tensor: tf.Tensor): Promise<tf.TypedArray> {
  const data = await tensor.data();
  tensor.dispose();
  return data;
}
