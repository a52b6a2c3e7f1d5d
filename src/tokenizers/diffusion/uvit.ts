import * as tf from '@tensorflow/tfjs-core';
import { buildConvolution, type Convolution, convolution } from '../../nn/convolution.js';
import { buildGroupNorm, type GroupNorm, groupNorm } from '../../nn/group-norm.js';
import { constant, glorot } from '../../nn/initializers.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import { activate } from '../../nn/mlp.js';
import type { Parameter, ParameterList } from '../../nn/parameters.js';
import type { Grid } from '../vq/vit.js';
import type { Condition } from './condition.js';
import { ascend, buildLevels, descend, gridShape, type LevelScopes, type Levels } from './levels.js';
import { resizeNearest } from './resize.js';
import { buildTimeEmbedding, type TimeEmbedding, timeEmbedding } from './time-embedding.js';
import { buildUvitMiddle, type UvitMiddle, uvitMiddle } from './uvit-middle.js';

/** A U-ViT: a convolutional U around a transformer (simple diffusion, arXiv 2301.11093). (`UViT` officially.) */
export interface Uvit {
  /** Projection of a patch to a position of the finest map. */
  readonly input: Linear;
  readonly time: TimeEmbedding;
  /** Embedding of the size of the image that a training sample was cropped from, for models conditioned on it (SDXL). */
  readonly original: { readonly height: TimeEmbedding; readonly width: TimeEmbedding } | undefined;
  readonly levels: Levels;
  readonly downsample: Convolution | undefined;
  readonly middle: UvitMiddle;
  readonly upsample: Convolution | undefined;
  readonly outputNorm: GroupNorm;
  /** Projection of a position of the finest map to a patch, [D, C, p, p], with a bias per channel, [C]. */
  readonly output: { readonly weight: Parameter; readonly bias: Parameter };
}

/** Architecture of a U-ViT, which configs refer to by name. */
export interface UvitPreset {
  readonly kind: 'uvit';
  readonly patch: number;
  /** Channels of each level, finest first. */
  readonly widths: readonly number[];
  /** Residual blocks of each level. */
  readonly stages: number;
  readonly downsampleBeforeMiddle: boolean;
  readonly layers: number;
  readonly heads: number;
  /** Width of the transformer, D. */
  readonly width: number;
  readonly mlpRatio: number;
  /** Side of the position table. */
  readonly positions: number;
  readonly longSkip: boolean;
  readonly groups: number;
  readonly originalSize: boolean;
}

/** Configuration of a U-ViT. */
export interface UvitConfig extends UvitPreset {
  readonly channels: number;
  readonly conditionWidth: number;
  /** How the transformer is conditioned. */
  readonly conditioning: 'concat' | 'xattn';
}

export function buildUvit(list: ParameterList, c: UvitConfig): Uvit {
  const [finest] = c.widths as [number];
  const mapWidth = c.widths.at(-1)!;
  const embeddingWidth = 4 * finest;
  const embed = (name: string) =>
    buildTimeEmbedding(list.scope(name), ['linear_1', 'linear_2'], finest, embeddingWidth);
  const resample = (name: string) =>
    c.downsampleBeforeMiddle ? buildConvolution(list.scope(name), mapWidth, mapWidth) : undefined;
  const downsample = resample('downsample_mid.conv');
  // Published a second time under an older name.
  if (downsample) {
    list.scope('downsample_mid.Conv2d_0').share('weight', downsample.weight);
    list.scope('downsample_mid.Conv2d_0').share('bias', downsample.bias);
  }
  return {
    input: buildLinear(list.scope('conv_in'), [c.channels, c.patch, c.patch], finest),
    time: embed('time_embedding'),
    original: c.originalSize ? { height: embed('height_embedding'), width: embed('width_embedding') } : undefined,
    levels: buildLevels({
      widths: c.widths,
      stages: c.stages,
      groups: c.groups,
      embeddingWidth,
      attends: () => false,
      names: {
        norm1: 'norm1',
        conv1: 'conv1',
        embedding: 'time_emb_proj',
        norm2: 'norm2',
        conv2: 'conv2',
        shortcut: 'conv_shortcut',
      },
      scopes: {
        down: levelScopes(list, 'down', (level) => level),
        up: levelScopes(list, 'up', (level) => c.widths.length - 1 - level),
      },
    }),
    downsample,
    middle: buildUvitMiddle(list.scope('mid_block'), {
      ...c,
      mapWidth,
      embeddingWidth,
      contextWidth: c.conditioning === 'xattn' ? c.conditionWidth : undefined,
    }),
    upsample: resample('upsample_mid.conv'),
    outputNorm: buildGroupNorm(list.scope('conv_norm_out'), finest, c.groups),
    output: {
      weight: list.add('conv_out.weight', [finest, c.channels, c.patch, c.patch], { init: glorot(), decay: true }),
      bias: list.add('conv_out.bias', [c.channels], { init: constant(0) }),
    },
  };
}

function levelScopes(list: ParameterList, side: 'down' | 'up', number: (level: number) => number): LevelScopes {
  const scope = (level: number) => list.scope(`${side}_blocks.${number(level)}`);
  return {
    block: (level, stage) => scope(level).scope(`resnets.${stage}`),
    attention: (level, stage) => scope(level).scope(`attentions.${stage}`),
    resample: (level) => scope(level).scope(`${side}samplers.0.conv`),
  };
}

/**
 * @param patches   the noisy image, [B, h·w, C·p·p], each patch by (channel, row, column)
 * @param grid      h and w
 * @param steps     of the diffusion, one a sample, [B]
 * @param original  height and width of the original picture, one pair a sample, [B, 2]
 * @returns         the prediction, [B, h·w, C·p·p]
 */
export function uvit(
  p: Uvit,
  patches: tf.Tensor3D,
  grid: Grid,
  steps: ArrayLike<number>,
  condition: Condition,
  original?: ArrayLike<number>,
): tf.Tensor3D {
  return tf.tidy(() => {
    const b = patches.shape[0];
    const embedding = timeAndSize(p, steps, original);
    const finest = tf.reshape(linear(p.input, patches), [b, grid[0], grid[1], -1]) as tf.Tensor4D;
    const left = descend(p.levels.down, finest, embedding);
    const coarsest = left.at(-1)!;
    const middle = uvitMiddle(
      p.middle,
      p.downsample ? convolution(p.downsample, coarsest, 2) : coarsest,
      embedding,
      condition,
    );
    const rising = p.upsample ? convolution(p.upsample, resizeNearest(middle, gridShape(coarsest))) : middle;
    const last = activate('SiLU', groupNorm(p.outputNorm, ascend(p.levels.up, rising, left, embedding)));
    return toOutput(p, tf.reshape(last, [b * grid[0] * grid[1], -1]), patches.shape);
  });
}

function timeAndSize(p: Uvit, steps: ArrayLike<number>, original: ArrayLike<number> | undefined): tf.Tensor2D {
  const time = timeEmbedding(p.time, steps);
  if (!p.original || !original) return time;
  const sides = (which: 0 | 1) => Float64Array.from(steps, (_, i) => original[2 * i + which]!);
  const height = timeEmbedding(p.original.height, sides(0));
  return tf.add(tf.add(time, height), timeEmbedding(p.original.width, sides(1)));
}

function toOutput({ output }: Uvit, x: tf.Tensor2D, shape: [number, number, number]): tf.Tensor3D {
  const [width, channels] = output.weight.shape as [number, number];
  const patches = tf.matMul(x, tf.reshape(output.weight.value, [width, -1]));
  const byChannel = tf.reshape(patches, [x.shape[0], channels, -1]);
  return tf.reshape(tf.add(byChannel, tf.reshape(output.bias.value, [1, channels, 1])), shape);
}
