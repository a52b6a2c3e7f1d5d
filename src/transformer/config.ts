import * as v from 'valibot';
import { InvalidInputError } from '../errors.js';
import { publishedModalities } from '../modalities/published.js';
import type { BlockConfig } from '../nn/block.js';
import { MAX_LAYERS, MAX_SIZE } from '../nn/limits.js';
import type { Activation } from '../nn/mlp.js';

/** Configuration of the transformer blocks, with the published keys. */
export interface BlockKeys {
  /** Width D of a token; a multiple of 4 and of `num_heads`. */
  dim: number;
  num_heads: number;
  /** Hidden width of an MLP over D; a gated MLP takes two thirds of it. */
  mlp_ratio: number;
  qkv_bias: boolean;
  proj_bias: boolean;
  mlp_bias: boolean;
  norm_bias: boolean;
  act_layer: Activation;
  gated_mlp: boolean;
  /** Layer norm of queries and keys in each head (QK-norm). */
  qk_norm: boolean;
}

/** Configuration of a 4M model, with the published keys. (Header of a published checkpoint; `FM` officially.) */
export interface FourMConfig extends BlockKeys {
  /** Modalities that can be input, by name. */
  domains_in: string[];
  /** Modalities that can be predicted, by name. */
  domains_out: string[];
  /** Default side of images in pixels, for modalities without an input size. */
  image_size: number;
  /** Default side of patches in pixels, for modalities without a patch size. */
  patch_size: number;
  encoder_depth: number;
  decoder_depth: number;
  /** Causal self-attention in the decoder, regardless of the attention masks. */
  decoder_causal_mask: boolean;
  /** Targets attend only to targets of their own modality. */
  decoder_sep_mask: boolean;
  /** Learned tokens before the input, without modality or position embedding. */
  num_register_tokens: number;
  /** Encoder and decoder share the modality embedding of a modality that is input and target. */
  share_modality_embeddings: boolean;
}

/** Configuration of an encoder-only model, with the published keys. (`FourMViT` officially.) */
export interface FmVitConfig extends BlockKeys {
  /** Side of an image in pixels. */
  img_size: number;
  /** Side of a patch in pixels. */
  patch_size: number;
  /** Channels of a pixel. */
  in_chans: number;
  encoder_depth: number;
  /** Layer norm after the last block. */
  encoder_norm: boolean;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_SIZE));
const depth = v.pipe(count, v.maxValue(MAX_LAYERS));

/** Modalities by name, each once. */
const names = v.pipe(
  v.array(v.string()),
  v.check((all) => new Set(all).size === all.length, 'a modality is named twice'),
);

/** Keys of {@link BlockKeys}. Defaults, here and below, are those of the official constructors. */
const blockEntries = {
  dim: v.optional(v.pipe(count, v.multipleOf(4)), 768),
  num_heads: v.optional(count, 12),
  mlp_ratio: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(MAX_SIZE)), 4),
  qkv_bias: v.optional(v.boolean(), true),
  proj_bias: v.optional(v.boolean(), true),
  mlp_bias: v.optional(v.boolean(), true),
  norm_bias: v.optional(v.boolean(), true),
  act_layer: v.optional(v.picklist(['GELU', 'SiLU', 'Tanh', 'ReLU']), 'GELU'),
  gated_mlp: v.optional(v.boolean(), false),
  qk_norm: v.optional(v.boolean(), false),
};

const HEADS_FIT = 'dim must be a multiple of num_heads';

/** The hidden width dim · mlp_ratio must be a valid matrix size; a gated MLP takes two thirds of it. */
const hiddenFits = ({ dim, mlp_ratio, gated_mlp }: { dim: number; mlp_ratio: number; gated_mlp: boolean }) =>
  Math.trunc(dim * mlp_ratio) >= (gated_mlp ? 2 : 1) && dim * mlp_ratio <= MAX_SIZE;
const HIDDEN_FITS = `dim times mlp_ratio must be from 1, or 2 with gated_mlp, to ${MAX_SIZE}`;

const schema = v.pipe(
  v.strictObject({
    ...blockEntries,
    domains_in: v.pipe(names, v.minLength(1)),
    domains_out: names,
    image_size: v.optional(count, 224),
    patch_size: v.optional(count, 16),
    encoder_depth: v.optional(depth, 12),
    decoder_depth: v.optional(depth, 12),
    decoder_causal_mask: v.optional(v.boolean(), false),
    decoder_sep_mask: v.optional(v.boolean(), true),
    num_register_tokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_SIZE)), 0),
    share_modality_embeddings: v.optional(v.boolean(), true),
  }),
  v.check((c) => c.dim % c.num_heads === 0, HEADS_FIT),
  v.check((c) => hiddenFits(c), HIDDEN_FITS),
);

const vitSchema = v.pipe(
  v.strictObject({
    ...blockEntries,
    img_size: v.optional(count, 224),
    patch_size: v.optional(count, 16),
    in_chans: v.optional(count, 3),
    encoder_depth: v.optional(depth, 12),
    encoder_norm: v.optional(v.boolean(), true),
  }),
  v.check((c) => c.dim % c.num_heads === 0, HEADS_FIT),
  v.check((c) => hiddenFits(c), HIDDEN_FITS),
);

/** Keys for training only, of a 4M model and of an encoder-only one; accepted and ignored. */
const TRAINING_KEYS = ['drop_path_rate_encoder', 'drop_path_rate_decoder', 'shared_drop_path', 'use_act_checkpoint'];
const VIT_TRAINING_KEYS = ['drop_path_rate', 'drop_rate', 'attn_drop_rate'];

/**
 * Checks a model configuration and fills in defaults.
 *
 * @param config as in the header of a checkpoint
 * @throws InvalidInputError naming the first key that is unknown, missing or has an impossible value
 */
export function parseFourMConfig(config: Readonly<Record<string, unknown>>): FourMConfig {
  return parse(schema, config, TRAINING_KEYS);
}

/**
 * Checks the configuration of an encoder-only model and fills in defaults.
 *
 * @param config as in the header of its checkpoint; or that of a 4M model, of which the encoder is taken, with images as its
 *               only input
 * @throws InvalidInputError naming the first key that is unknown, missing or has an impossible value
 */
export function parseFmVitConfig(config: Readonly<Record<string, unknown>>): FmVitConfig {
  return 'domains_in' in config ? encoderOf(parseFourMConfig(config)) : parse(vitSchema, config, VIT_TRAINING_KEYS);
}

function encoderOf(config: FourMConfig): FmVitConfig {
  const { image_size, encoder_depth, num_register_tokens } = config;
  if (num_register_tokens) {
    throw new InvalidInputError(
      `a 4M model with "num_register_tokens" ${num_register_tokens} cannot become an encoder-only one, which has no register tokens`,
    );
  }
  const blocks = v.parse(v.object(blockEntries), config);
  // As in the 4M model, the modality's patch size takes precedence over the configuration's.
  const images = publishedModalities[`rgb@${image_size}`];
  const [patch_size] = images?.patchSize ?? [config.patch_size];
  return { ...blocks, img_size: image_size, patch_size, in_chans: 3, encoder_depth, encoder_norm: true };
}

/** The block configuration, from the published keys. */
export function blockConfig(config: BlockKeys): BlockConfig {
  return {
    width: config.dim,
    heads: config.num_heads,
    qkvBias: config.qkv_bias,
    projBias: config.proj_bias,
    qkNorm: config.qk_norm,
    normBias: config.norm_bias,
    mlpRatio: config.mlp_ratio,
    mlpBias: config.mlp_bias,
    gatedMlp: config.gated_mlp,
    activation: config.act_layer,
  };
}

function parse<T extends v.GenericSchema>(
  schema: T,
  config: Readonly<Record<string, unknown>>,
  ignored: readonly string[],
): v.InferOutput<T> {
  const inherited = Object.keys(config).find((key) => key in Object.prototype);
  if (inherited !== undefined) throw new InvalidInputError(`the model configuration has an unknown key "${inherited}"`);
  const ours = Object.fromEntries(Object.entries(config).filter(([key]) => !ignored.includes(key)));
  const result = v.safeParse(schema, ours);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const key = v.getDotPath(issue);
  throw new InvalidInputError(`invalid model configuration${key ? ` at "${key}"` : ''}: ${issue.message}`);
}
