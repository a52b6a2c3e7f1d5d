import type { Block } from '../nn/block.js';
import type { Linear } from '../nn/linear.js';
import type { DecoderBlock } from './decoder-block.js';

/** The layers of the blocks that get adapters. */
export type LoraTarget = 'self-attention' | 'cross-attention' | 'attention' | 'mlp' | 'all';

/**
 * Layers for `addLora`. (`get_LoRA_module_names` officially.)
 *
 * @param model a 4M model, or an encoder-only one
 */
export function loraLayers(
  { encoder, decoder = [] }: { readonly encoder: readonly Block[]; readonly decoder?: readonly DecoderBlock[] },
  target: LoraTarget,
): Linear[] {
  const selfAttention = [...encoder.map(({ attn }) => attn), ...decoder.map(({ selfAttn }) => selfAttn)];
  const layers = {
    'self-attention': selfAttention.flatMap(({ qkv, proj }) => [qkv, proj]),
    'cross-attention': decoder.flatMap(({ crossAttn: { q, kv, proj } }) => [q, kv, proj]),
    mlp: [...encoder, ...decoder].flatMap(({ mlp: { fc1, fc2, fc3 } }) => [fc1, fc2, ...(fc3 ? [fc3] : [])]),
  };
  switch (target) {
    case 'attention':
      return [...layers['self-attention'], ...layers['cross-attention']];
    case 'all':
      return [...layers['self-attention'], ...layers['cross-attention'], ...layers.mlp];
    default:
      return layers[target];
  }
}
