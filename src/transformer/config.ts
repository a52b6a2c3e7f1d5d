import * as v from 'valibot';
import { InvalidInputError } from '../errors.js';
import type { Activation } from '../nn/mlp.js';

/** What a 4M model is made of, under the published keys. (The header of a published checkpoint; `FM` officially.) */
export interface FourMConfig {
  /** Modalities that can be input, by name. */
  domains_in: string[];
  /** Modalities that can be predicted, by name. */
  domains_out: string[];
  /** Pixels on a side of images whose modality does not say. */
  image_size: number;
  /** Pixels on a side of patches whose modality does not say. */
  patch_size: number;
  /** Width D of a token; a multiple of 4 and of `num_heads`. */
  dim: number;
  encoder_depth: number;
  decoder_depth: number;
  num_heads: number;
  /** Hidden width of an MLP over D; a gated MLP takes two thirds of it. */
  mlp_ratio: number;
  qkv_bias: boolean;
  proj_bias: boolean;
  mlp_bias: boolean;
  norm_bias: boolean;
  act_layer: Activation;
  gated_mlp: boolean;
  /** Queries and keys are normalised before they meet. */
  qk_norm: boolean;
  /** Every target sees only those before it, whatever the masks say. */
  decoder_causal_mask: boolean;
  /** Targets see only targets of their own modality. */
  decoder_sep_mask: boolean;
  /** Learned tokens put before the input, of no modality and no position. */
  num_register_tokens: number;
  /** A modality that is input and target has one modality embedding, not two. */
  share_modality_embeddings: boolean;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/** Defaults are those of the official constructor. */
const schema = v.pipe(
  v.strictObject({
    domains_in: v.pipe(v.array(v.string()), v.minLength(1)),
    domains_out: v.array(v.string()),
    image_size: v.optional(count, 224),
    patch_size: v.optional(count, 16),
    dim: v.optional(v.pipe(count, v.multipleOf(4)), 768),
    encoder_depth: v.optional(count, 12),
    decoder_depth: v.optional(count, 12),
    num_heads: v.optional(count, 12),
    mlp_ratio: v.optional(v.pipe(v.number(), v.gtValue(0)), 4),
    qkv_bias: v.optional(v.boolean(), true),
    proj_bias: v.optional(v.boolean(), true),
    mlp_bias: v.optional(v.boolean(), true),
    norm_bias: v.optional(v.boolean(), true),
    act_layer: v.optional(v.picklist(['GELU', 'SiLU', 'Tanh', 'ReLU']), 'GELU'),
    gated_mlp: v.optional(v.boolean(), false),
    qk_norm: v.optional(v.boolean(), false),
    decoder_causal_mask: v.optional(v.boolean(), false),
    decoder_sep_mask: v.optional(v.boolean(), true),
    num_register_tokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
    share_modality_embeddings: v.optional(v.boolean(), true),
  }),
  v.check((c) => c.dim % c.num_heads === 0, 'dim must be a multiple of num_heads'),
);

/** Keys that concern training alone; accepted, and without effect. */
const TRAINING_KEYS = ['drop_path_rate_encoder', 'drop_path_rate_decoder', 'shared_drop_path', 'use_act_checkpoint'];

/**
 * Checks a model configuration and fills in what it leaves out.
 *
 * @param config as in the header of a checkpoint
 * @throws InvalidInputError naming the first key that is unknown, missing or has an impossible value
 */
export function parseFourMConfig(config: Readonly<Record<string, unknown>>): FourMConfig {
  const ours = Object.fromEntries(Object.entries(config).filter(([key]) => !TRAINING_KEYS.includes(key)));
  const result = v.safeParse(schema, ours);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const key = v.getDotPath(issue);
  throw new InvalidInputError(`the model configuration is wrong${key ? ` at "${key}"` : ''}: ${issue.message}`);
}
