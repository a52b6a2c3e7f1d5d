import * as tf from '@tensorflow/tfjs-core';
import { type Block, block, buildBlock } from '../../nn/block.js';
import { bicubicMatrix } from '../../nn/interpolation.js';
import { buildLayerNorm, type LayerNorm, layerNorm } from '../../nn/layer-norm.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import { buildMlp, type Mlp, mlp } from '../../nn/mlp.js';
import { type Parameter, type ParameterList, table } from '../../nn/parameters.js';
import { gridPositions } from '../../nn/positions.js';
import type { VitPreset } from './config.js';

/** Rows and columns of a token grid. */
export type Grid = readonly [h: number, w: number];

/** A transformer over the patches of an image. (`ViTEncoder` and `ViTDecoder` officially, without their projections.) */
interface Vit {
  /** Positions of the grid it was trained on, [1, D, h, w]. */
  readonly positions: Parameter;
  readonly blocks: readonly Block[];
  /** A pointwise MLP with tanh in front of the quantizer, and its mirror image behind it (ViT-VQGAN, arXiv 2110.04627). */
  readonly postMlp: { readonly norm: LayerNorm; readonly mlp: Mlp } | undefined;
}

/** Patches to latents. */
export interface VitEncoder extends Vit {
  readonly proj: Linear;
}

/** Latents to patches. */
export interface VitDecoder extends Vit {
  readonly outProj: Linear;
}

/** What a ViT of a tokenizer is made for. */
export interface VitConfig extends VitPreset {
  readonly channels: number;
  readonly patch: number;
  /** Grid of the position table. */
  readonly grid: Grid;
  readonly postMlp: boolean;
}

export function buildVitEncoder(list: ParameterList, c: VitConfig): VitEncoder {
  return {
    ...buildVit(list, c),
    proj: buildLinear(list.scope('proj'), [c.channels, c.patch, c.patch], c.width),
  };
}

export function buildVitDecoder(list: ParameterList, c: VitConfig): VitDecoder {
  return {
    ...buildVit(list, c),
    outProj: buildLinear(list.scope('out_proj'), c.width, c.channels * c.patch * c.patch),
  };
}

function buildVit(list: ParameterList, c: VitConfig): Vit {
  const [h, w] = c.grid;
  const positions = transposed(gridPositions(h, w, c.width), c.width);
  return {
    positions: list.add('pos_emb', [1, c.width, h, w], { init: table(positions), trainable: false }),
    blocks: Array.from({ length: c.depth }, (_, i) =>
      buildBlock(list.scope(`blocks.${i}`), {
        ...c,
        qkvBias: true,
        projBias: true,
        mlpBias: true,
        mlpRatio: 4,
        gatedMlp: false,
        activation: 'GELU',
      }),
    ),
    postMlp: c.postMlp
      ? {
          norm: buildLayerNorm(list.scope('norm_mlp'), c.width),
          mlp: buildMlp(list.scope('post_mlp'), c.width, 4 * c.width, { activation: 'Tanh', gated: false, bias: true }),
        }
      : undefined,
  };
}

/**
 * @param patches  [B, h·w, C·patch·patch], each patch by (channel, row, column)
 * @param grid     h and w
 * @returns        [B, h·w, D]
 */
export function encodePatches(p: VitEncoder, patches: tf.Tensor3D, grid: Grid): tf.Tensor3D {
  return tf.tidy(() => {
    const x = runBlocks(p, linear(p.proj, patches), grid);
    return p.postMlp ? tf.add(x, mlp(p.postMlp.mlp, layerNorm(p.postMlp.norm, x))) : x;
  });
}

/**
 * @param x     [B, h·w, D]
 * @param grid  h and w
 * @returns     [B, h·w, C·patch·patch], each patch by (channel, row, column)
 */
export function decodePatches(p: VitDecoder, x: tf.Tensor3D, grid: Grid): tf.Tensor3D {
  return tf.tidy(() => {
    const y = runBlocks(p, x, grid);
    return linear(p.outProj, p.postMlp ? tf.add(y, mlp(p.postMlp.mlp, layerNorm(p.postMlp.norm, y))) : y);
  });
}

function runBlocks(p: Vit, x: tf.Tensor3D, grid: Grid): tf.Tensor3D {
  return p.blocks.reduce((y, b) => block(b, y), tf.add(x, positionsOn(p.positions, grid)) as tf.Tensor3D);
}

/** The position table on another grid than it was trained on, [h·w, D]. */
function positionsOn(positions: Parameter, grid: Grid): tf.Tensor2D {
  const [, width, h, w] = positions.shape as [number, number, number, number];
  const own = tf.transpose(tf.reshape(positions.value, [width, h * w]) as tf.Tensor2D);
  if (h === grid[0] && w === grid[1]) return own;
  return tf.matMul(tf.tensor2d(bicubicMatrix([h, w], grid), [grid[0] * grid[1], h * w]), own);
}

/** [N, D] to [D, N] */
function transposed(values: Float32Array, width: number): Float32Array {
  const n = values.length / width;
  return values.map((_, i) => values[(i % n) * width + Math.floor(i / n)]!);
}
