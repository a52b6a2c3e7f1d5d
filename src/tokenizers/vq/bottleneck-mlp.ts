import * as tf from '@tensorflow/tfjs-core';
import { buildLayerNorm, type LayerNorm, layerNorm } from '../../nn/layer-norm.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import { type Mlp, mlp } from '../../nn/mlp.js';
import type { ParameterList } from '../../nn/parameters.js';
import type { MlpPreset } from './config.js';

/**
 * Residual MLP blocks, applied to every position separately: the network of tokenizers for global embeddings and human poses. (`BottleneckMLP` officially; Scaling MLPs, arXiv 2306.13575.)
 */
export interface BottleneckMlp {
  readonly kind: 'mlp';
  readonly linearIn: Linear;
  readonly blocks: readonly { readonly norm: LayerNorm; readonly mlp: Mlp }[];
  readonly linearOut: Linear;
}

/**
 * @param input   input width
 * @param output  output width
 */
export function buildBottleneckMlp(
  list: ParameterList,
  { width, depth, expansion }: MlpPreset,
  input: number,
  output: number,
): BottleneckMlp {
  return {
    kind: 'mlp',
    linearIn: buildLinear(list.scope('linear_in'), input, width),
    blocks: Array.from({ length: depth }, (_, i) => ({
      norm: buildLayerNorm(list.scope(`layernorms.${i}`), width, true, 1e-5),
      mlp: {
        fc1: buildLinear(list.scope(`blocks.${i}.block.0`), width, expansion * width),
        fc2: buildLinear(list.scope(`blocks.${i}.block.2`), expansion * width, width),
        fc3: undefined,
        activation: 'GELU' as const,
      },
    })),
    linearOut: buildLinear(list.scope('linear_out'), width, output),
  };
}

/**
 * @param x [..., input]
 * @returns [..., output]
 */
export function bottleneckMlp<T extends tf.Tensor>(p: BottleneckMlp, x: T): T {
  return tf.tidy(() => {
    const y = p.blocks.reduce((z, b) => tf.add(z, mlp(b.mlp, layerNorm(b.norm, z))) as T, linear(p.linearIn, x));
    return linear(p.linearOut, y);
  });
}
