import * as v from 'valibot';
import type { VitPreset } from '../../../../src/tokenizers/vq/config.js';
import { optionsOf } from '../options.js';

/** A ViT that a case defines, with the official option names. */
const schema = v.strictObject({
  dim_tokens: v.number(),
  depth: v.number(),
  num_heads: v.number(),
  mlp_ratio: v.optional(v.number(), 4),
  qkv_bias: v.optional(v.literal(true)),
  norm: v.optional(v.literal('LayerNorm eps 1e-6')),
});

/** Whether a network that a case defines is a ViT. */
export function isVit(preset: object): boolean {
  return 'dim_tokens' in preset;
}

/** @throws InvalidInputError naming the option that is not supported */
export function vitPreset(name: string, preset: unknown): VitPreset {
  const p = optionsOf(schema, preset, name);
  return { width: p.dim_tokens, depth: p.depth, heads: p.num_heads, mlpRatio: p.mlp_ratio };
}
