import type { DiVaePresets } from '../../tokenizers/diffusion/divae.js';
import type { DenoiserPreset } from '../../tokenizers/diffusion/presets.js';
import type { VitPreset } from '../../tokenizers/vq/config.js';

/** Architectures as a case brings them along, with the official names of their options. */
interface OfficialVit {
  readonly dim_tokens: number;
  readonly depth: number;
  readonly num_heads: number;
}

interface OfficialUnet {
  readonly patch_size: number;
  readonly model_channels: number;
  readonly num_res_blocks: number;
  /** How many times coarser than the finest the levels that attend are. */
  readonly attention_resolutions: readonly number[];
  readonly channel_mult: readonly number[];
}

interface OfficialUvit {
  readonly patch_size: number;
  readonly block_out_channels: readonly number[];
  readonly layers_per_block: number;
  readonly downsample_before_mid: boolean;
  readonly mid_layers: number;
  readonly mid_num_heads: number;
  readonly mid_dim: number;
  readonly mid_mlp_ratio: number;
  readonly mid_hw_posemb?: number;
  readonly mid_use_long_skip?: boolean;
  readonly norm_num_groups?: number;
  readonly res_embedding?: boolean;
}

/** The small architectures of a DiVAE case, by the names that its config calls them. */
export function divaePresets(custom: unknown): DiVaePresets {
  const encoders: Record<string, VitPreset> = {};
  const denoisers: Record<string, DenoiserPreset> = {};
  for (const [name, preset] of Object.entries((custom ?? {}) as Record<string, object>)) {
    if ('dim_tokens' in preset) encoders[name.replace(/_enc$/, '')] = vit(preset as OfficialVit);
    else if ('model_channels' in preset) denoisers[name] = unet(preset as OfficialUnet);
    else denoisers[name] = uvit(preset as OfficialUvit);
  }
  return { ...(Object.keys(encoders).length && { encoders }), ...(Object.keys(denoisers).length && { denoisers }) };
}

function vit(p: OfficialVit): VitPreset {
  return { width: p.dim_tokens, depth: p.depth, heads: p.num_heads };
}

function unet(p: OfficialUnet): DenoiserPreset {
  return {
    kind: 'unet',
    patch: p.patch_size,
    widths: p.channel_mult.map((by) => by * p.model_channels),
    stages: p.num_res_blocks,
    attends: p.attention_resolutions.map(Math.log2),
  };
}

function uvit(p: OfficialUvit): DenoiserPreset {
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
    positions: p.mid_hw_posemb ?? 32,
    longSkip: p.mid_use_long_skip ?? false,
    groups: p.norm_num_groups ?? 32,
    originalSize: p.res_embedding ?? false,
  };
}
