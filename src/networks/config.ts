import * as v from 'valibot';
import { InvalidInputError } from '../errors.js';
import { MAX_LAYERS, MAX_SIZE } from '../nn/limits.js';

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_SIZE));
const depth = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_LAYERS));

const imageSchema = v.pipe(
  v.object({
    network: v.literal('image'),
    image_size: count,
    patch_size: count,
    n_channels: v.optional(count, 3),
    dim: count,
    depth,
    num_heads: count,
    out_dim: count,
  }),
  v.check(({ image_size, patch_size }) => image_size % patch_size === 0, 'patch_size has to divide image_size'),
  v.check(({ dim, num_heads }) => dim % num_heads === 0, 'num_heads has to divide dim'),
);

const textSchema = v.pipe(
  v.object({ network: v.literal('text'), vocab_size: count, dim: count, depth, num_heads: count }),
  v.check(({ dim, num_heads }) => dim % num_heads === 0, 'num_heads has to divide dim'),
);

/**
 * Sizes of an image network: images of `image_size` pixels a side in patches of `patch_size`, a transformer of `depth` blocks
 * of width `dim`, and features of length `out_dim`.
 *
 * @interface
 */
export type ImageNetworkConfig = v.InferOutput<typeof imageSchema>;

/**
 * Sizes of a text encoder: a transformer of `depth` blocks of width `dim` over tokens of a vocabulary of `vocab_size`.
 *
 * @interface
 */
export type TextEncoderConfig = v.InferOutput<typeof textSchema>;

/** The configuration in an image network's file. @throws InvalidInputError naming the key that is wrong */
export function parseImageNetworkConfig(config: unknown): ImageNetworkConfig {
  return parsed(imageSchema, config);
}

/** The configuration in a text encoder's file. @throws InvalidInputError naming the key that is wrong */
export function parseTextEncoderConfig(config: unknown): TextEncoderConfig {
  return parsed(textSchema, config);
}

function parsed<T>(schema: v.GenericSchema<unknown, T>, config: unknown): T {
  const result = v.safeParse(schema, config);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new InvalidInputError(`network config, "${v.getDotPath(issue) ?? ''}": ${issue.message}`);
}
