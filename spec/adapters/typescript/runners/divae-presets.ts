import * as v from 'valibot';
import type { DiVaePresets } from '../../../../src/tokenizers/diffusion/divae.js';
import type { DenoiserPreset } from '../../../../src/tokenizers/diffusion/presets.js';
import type { VitPreset } from '../../../../src/tokenizers/vq/config.js';
import { optionsOf } from '../options.js';
import { isVit, vitPreset } from './vit-presets.js';

/** Denoisers that a case defines, with the official option names and defaults. */
const unetSchema = v.strictObject({
  patch_size: v.number(),
  model_channels: v.number(),
  num_res_blocks: v.number(),
  /** Downsampling factors of the levels with attention. */
  attention_resolutions: v.array(v.number()),
  channel_mult: v.array(v.number()),
});

const uvitSchema = v.strictObject({
  patch_size: v.optional(v.number(), 4),
  block_out_channels: v.optional(v.array(v.number()), [128, 256, 512]),
  layers_per_block: v.optional(v.number(), 2),
  downsample_before_mid: v.optional(v.boolean(), false),
  mid_layers: v.optional(v.number(), 12),
  mid_num_heads: v.optional(v.number(), 12),
  mid_dim: v.optional(v.number(), 768),
  mid_mlp_ratio: v.optional(v.number(), 4),
  mid_qkv_bias: v.optional(v.literal(true)),
  mid_hw_posemb: v.optional(v.number(), 32),
  mid_use_long_skip: v.optional(v.boolean(), false),
  norm_num_groups: v.optional(v.number(), 32),
  res_embedding: v.optional(v.boolean(), false),
});

/**
 * The small architectures of a DiVAE case, by their names in its configuration.
 *
 * @throws InvalidInputError naming the option that is not supported
 */
export function divaePresets(custom: unknown): DiVaePresets {
  const encoders: Record<string, VitPreset> = {};
  const denoisers: Record<string, DenoiserPreset> = {};
  for (const [name, preset] of Object.entries((custom ?? {}) as Record<string, object>)) {
    if (isVit(preset)) encoders[name.replace(/_enc$/, '')] = vitPreset(name, preset);
    else denoisers[name] = 'model_channels' in preset ? unet(name, preset) : uvit(name, preset);
  }
  return { ...(Object.keys(encoders).length && { encoders }), ...(Object.keys(denoisers).length && { denoisers }) };
}

function unet(name: string, preset: object): DenoiserPreset {
  const p = optionsOf(unetSchema, preset, name);
  return {
    kind: 'unet',
    patch: p.patch_size,
    widths: p.channel_mult.map((by) => by * p.model_channels),
    stages: p.num_res_blocks,
    attends: p.attention_resolutions.map(Math.log2),
    timeWidth: p.model_channels,
  };
}

function uvit(name: string, preset: object): DenoiserPreset {
  const p = optionsOf(uvitSchema, preset, name);
  return {
    kind: 'uvit',
    patch: p.patch_size,
    widths: p.block_out_channels,
    stages: p.layers_per_block,
    downsampleBeforeMiddle: p.downsample_before_mid,
    layers: p.mid_layers,
    heads: p.mid_num_heads,
    width: p.mid_dim,
    mlpRatio: p.mid_mlp_ratio,
    positions: p.mid_hw_posemb,
    longSkip: p.mid_use_long_skip,
    groups: p.norm_num_groups,
    originalSize: p.res_embedding,
  };
}
