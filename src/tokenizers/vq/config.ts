import * as v from 'valibot';
import { InvalidInputError } from '../../errors.js';
import { MAX_LAYERS, MAX_SIZE } from '../../nn/limits.js';

/** Width, depth and heads of a named ViT. */
export interface VitPreset {
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  /** Hidden width of the MLPs over the width; 4 by default. */
  readonly mlpRatio?: number | undefined;
}

/**
 * The published presets, and this project's small ones for the toybox. A config names an encoder (`vit_b_enc`) and a
 * decoder (`vit_b_dec`); both have the same architecture.
 */
export const VIT_PRESETS: Record<string, VitPreset> = {
  vit_s: { width: 512, depth: 8, heads: 8 },
  vit_b: { width: 768, depth: 12, heads: 12 },
  vit_l: { width: 1024, depth: 24, heads: 16 },
  vit_toy: { width: 96, depth: 2, heads: 3 },
  vit_toy_s: { width: 64, depth: 2, heads: 2 },
};

/** Width of the residual stream, number of blocks, and expansion of their hidden width. */
export interface MlpPreset {
  readonly width: number;
  readonly depth: number;
  readonly expansion: number;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_SIZE));
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** The name of a ViT, or of a bottleneck MLP of valid size. */
const architecture = v.pipe(
  v.string(),
  v.check((name) => {
    const { depth, width, expansion } = mlpPreset(name) ?? { depth: 1, width: 1, expansion: 1 };
    return depth <= MAX_LAYERS && width * expansion <= MAX_SIZE;
  }, `an MLP has at most ${MAX_LAYERS} blocks, and is at most ${MAX_SIZE} wide`),
);

/** The keys of a published VQ-VAE config that affect the computation, with the official defaults. */
const schema = v.looseObject({
  image_size: v.optional(v.union([count, v.tuple([count, count])]), 224),
  image_size_enc: v.nullish(count),
  image_size_dec: v.nullish(count),
  n_channels: v.optional(count, 3),
  n_labels: v.nullish(count),
  enc_type: v.optional(architecture, 'vit_b_enc'),
  dec_type: v.optional(architecture, 'vit_b_dec'),
  patch_proj: v.optional(v.boolean(), true),
  post_mlp: v.optional(v.boolean(), false),
  patch_size: v.optional(count, 16),
  patch_size_dec: v.nullish(count),
  out_conv: v.optional(v.boolean(), false),
  quant_type: v.optional(v.picklist(['lucid', 'memcodes']), 'lucid'),
  codebook_size: v.optional(count, 16384),
  num_codebooks: v.optional(count, 1),
  latent_dim: v.optional(count, 32),
  norm_codes: v.optional(v.boolean(), true),
  norm_latents: v.optional(v.boolean(), false),
  ema_decay: v.optional(fraction, 0.99),
  threshold_ema_dead_code: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 0.25),
  code_replacement_policy: v.optional(v.picklist(['batch_random', 'linde_buzo_gray']), 'batch_random'),
  commitment_weight: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 1),
  kmeans_init: v.optional(v.boolean(), false),
  undo_std: v.optional(v.boolean(), false),
});

/**
 * A VQ-VAE's configuration as published; other keys of the official code are kept.
 *
 * @interface
 */
export type VqVaeConfig = v.InferOutput<typeof schema>;

/** @throws InvalidInputError naming the key that is missing, of the wrong type, or not supported */
export function parseVqVaeConfig(config: unknown): VqVaeConfig {
  const result = v.safeParse(schema, config);
  if (!result.success) {
    const [issue] = result.issues;
    throw new InvalidInputError(`tokenizer config, "${v.getDotPath(issue) ?? ''}": ${issue.message}`);
  }
  const { undo_std, n_channels, quant_type, num_codebooks, latent_dim } = result.output;
  if (undo_std && n_channels !== 3) {
    throw new InvalidInputError(`tokenizer config, "undo_std": there is one for 3 channels, not for ${n_channels}`);
  }
  if (quant_type === 'memcodes' && latent_dim % num_codebooks) {
    throw new InvalidInputError(
      `tokenizer config, "num_codebooks": ${num_codebooks} codebooks cannot share ${latent_dim} latent dimensions evenly`,
    );
  }
  return result.output;
}

/**
 * Parses a name such as `BottleneckMLP/B_6-Wi_1024`: 6 blocks of width 1024, hidden width 4 times that. A third part, such as
 * `-E_3`, gives another factor; with more parts, it is 4 again. Officially the letters are not read, only the numbers.
 */
export function mlpPreset(name: string): MlpPreset | undefined {
  const [, size] = /^BottleneckMLP\/([^/]*)$/.exec(name) ?? [];
  const parts = size?.split('-').map((part) => /^[^_]*_([1-9]\d*)(?:_|$)/.exec(part)?.[1]) ?? [];
  const [depth, width, expansion] = parts;
  if (depth === undefined || width === undefined || (parts.length === 3 && expansion === undefined)) return undefined;
  return { depth: Number(depth), width: Number(width), expansion: parts.length === 3 ? Number(expansion) : 4 };
}

/** @param name such as `vit_b_enc` or `vit_b_dec`; presets are found by it, or by the part before `_enc` or `_dec` */
export function vitPreset(name: string, presets: Record<string, VitPreset> = VIT_PRESETS): VitPreset {
  const known = [name, name.replace(/_(enc|dec)$/, '')].find((key) => Object.hasOwn(presets, key));
  if (known === undefined) {
    throw new InvalidInputError(
      `unknown tokenizer architecture "${name}"; known are ${Object.keys(presets).join(', ')} and BottleneckMLP/B_…-Wi_…`,
    );
  }
  return presets[known]!;
}
