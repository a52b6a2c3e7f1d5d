import * as tf from '@tensorflow/tfjs-core';
import { type Block, block, buildBlock } from '../../nn/block.js';
import { table } from '../../nn/initializers.js';
import { bicubicMatrix } from '../../nn/interpolation.js';
import { buildLayerNorm, type LayerNorm, layerNorm } from '../../nn/layer-norm.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import { buildMlp, type Mlp, mlp } from '../../nn/mlp.js';
import type { Parameter, ParameterList } from '../../nn/parameters.js';
import { gridPositions } from '../../nn/positions.js';
import { transpose } from '../../nn/transpose.js';
import type { VitPreset } from './config.js';
import { buildConvNextBlock, type ConvNextBlock, convNextBlock } from './conv-next.js';

/** Rows and columns of a token grid. */
export type Grid = readonly [h: number, w: number];

/** A transformer over the patches of an image. (`ViTEncoder` and `ViTDecoder` officially, without their projections.) */
interface Vit {
  readonly kind: 'vit';
  /** Position table of the training grid, [1, D, h, w]. */
  readonly positions: Parameter;
  readonly blocks: readonly Block[];
  /** A pointwise MLP with tanh before the quantizer, and another after it (ViT-VQGAN, arXiv 2110.04627). */
  readonly postMlp: { readonly norm: LayerNorm; readonly mlp: Mlp } | undefined;
}

/** Patches to latents. */
export interface VitEncoder extends Vit {
  readonly proj: Linear;
}

/** Latents to patches. */
export interface VitDecoder extends Vit {
  readonly outProj: Linear;
  /** Convolutions over the whole image, which smooth the seams between patches. */
  readonly outConv: readonly ConvNextBlock[];
}

/** Configuration of a tokenizer's ViT. */
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

export function buildVitDecoder(list: ParameterList, c: VitConfig & { outConv?: boolean }): VitDecoder {
  return {
    ...buildVit(list, c),
    outProj: buildLinear(list.scope('out_proj'), c.width, c.channels * c.patch * c.patch),
    outConv: c.outConv ? [0, 1].map((i) => buildConvNextBlock(list.scope(`out_conv.${i}`), c.channels)) : [],
  };
}

function buildVit(list: ParameterList, c: VitConfig): Vit {
  const [h, w] = c.grid;
  const positions = () => transpose(gridPositions(h, w, c.width), h * w, c.width);
  return {
    kind: 'vit',
    positions: list.add('pos_emb', [1, c.width, h, w], { init: table(positions), trainable: false }),
    blocks: Array.from({ length: c.depth }, (_, i) =>
      buildBlock(list.scope(`blocks.${i}`), {
        ...c,
        qkvBias: true,
        projBias: true,
        mlpBias: true,
        mlpRatio: c.mlpRatio ?? 4,
        gatedMlp: false,
        activation: 'GELU',
      }),
    ),
    postMlp: c.postMlp
      ? {
          norm: buildLayerNorm(list.scope('norm_mlp'), c.width),
          mlp: buildMlp(list.scope('post_mlp'), c.width, Math.floor((c.mlpRatio ?? 4) * c.width), {
            activation: 'Tanh',
            gated: false,
            bias: true,
          }),
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
    const z = p.postMlp ? tf.add<tf.Tensor3D>(y, mlp(p.postMlp.mlp, layerNorm(p.postMlp.norm, y))) : y;
    const patches = linear(p.outProj, z);
    return p.outConv.length ? smooth(p.outConv, patches, grid) : patches;
  });
}

/** Assembles the image from patches, convolves it, and cuts it into patches again. */
function smooth(blocks: readonly ConvNextBlock[], patches: tf.Tensor3D, [h, w]: Grid): tf.Tensor3D {
  const [b, n, values] = patches.shape;
  const channels = blocks[0]!.kernel.shape[0]!;
  const side = Math.sqrt(values / channels);
  const pixels = tf.transpose(tf.reshape(patches, [b * n, channels, side * side]) as tf.Tensor3D, [0, 2, 1]);
  const rows = tf.transpose(tf.reshape(pixels, [b * h, w, side, side * channels]) as tf.Tensor4D, [0, 2, 1, 3]);
  const image = tf.reshape(rows, [b, h * side, w * side, channels]) as tf.Tensor4D;
  const smoothed = blocks.reduce((x, block) => convNextBlock(block, x), image);
  const cut = tf.transpose(tf.reshape(smoothed, [b * h, side, w, side * channels]) as tf.Tensor4D, [0, 2, 1, 3]);
  const byPatch = tf.transpose(tf.reshape(cut, [b * n, side * side, channels]) as tf.Tensor3D, [0, 2, 1]);
  return tf.reshape(byPatch, [b, n, values]);
}

function runBlocks(p: Vit, x: tf.Tensor3D, grid: Grid): tf.Tensor3D {
  return p.blocks.reduce((y, b) => block(b, y), tf.add(x, positionsOn(p.positions, grid)) as tf.Tensor3D);
}

/** The position table, interpolated to another grid, [h·w, D]. */
export function positionsOn(positions: Parameter, grid: Grid): tf.Tensor2D {
  const [, width, h, w] = positions.shape as [number, number, number, number];
  const own = tf.transpose(tf.reshape(positions.value, [width, h * w]) as tf.Tensor2D);
  if (h === grid[0] && w === grid[1]) return own;
  return tf.matMul(tf.tensor2d(bicubicMatrix([h, w], grid), [grid[0] * grid[1], h * w]), own);
}
