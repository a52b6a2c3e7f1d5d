import * as tf from '@tensorflow/tfjs-core';
import { buildConvolution, type Convolution, convolution } from '../../nn/convolution.js';
import { buildGroupNorm, type GroupNorm, groupNorm } from '../../nn/group-norm.js';
import { activate } from '../../nn/mlp.js';
import type { ParameterList } from '../../nn/parameters.js';
import type { Grid } from '../vq/vit.js';
import { type Condition, maskOn } from './condition.js';
import { ascend, buildLevels, descend, gridShape, type Levels } from './levels.js';
import { buildPixelAttention, type PixelAttention, pixelAttention } from './pixel-attention.js';
import { buildResidualBlock, type ResidualBlock, residualBlock } from './residual-block.js';
import { resizeNearest } from './resize.js';
import { buildTimeEmbedding, type TimeEmbedding, timeEmbedding } from './time-embedding.js';

/**
 * A convolutional U-Net over the patches of an image, concatenated with the codes (arXiv 2207.04316). (`PatchedUNetCondCat`
 * officially.)
 */
export interface Unet {
  readonly time: TimeEmbedding;
  readonly input: Convolution;
  readonly levels: Levels;
  readonly middle: {
    readonly before: ResidualBlock;
    readonly attention: PixelAttention;
    readonly after: ResidualBlock;
  };
  readonly outputNorm: GroupNorm;
  readonly output: Convolution;
}

/** Architecture of a UNet, which configs refer to by name. */
export interface UnetPreset {
  readonly kind: 'unet';
  readonly patch: number;
  /** Channels of each level, finest first. */
  readonly widths: readonly number[];
  /** Residual blocks of each level. */
  readonly stages: number;
  /** Levels with attention, besides the middle; 0 is the finest. */
  readonly attends: readonly number[];
  /** Width of the sinusoidal timestep features; the embedding is four times as wide. (`model_channels` officially.) */
  readonly timeWidth: number;
}

/** Configuration of a UNet. */
export interface UnetConfig extends UnetPreset {
  readonly channels: number;
  readonly conditionWidth: number;
}

/** Groups of the group norms. */
const GROUPS = 32;

/** Published names: the layers are numbered in sequence. */
const NAMES = {
  norm1: 'in_layers.0',
  conv1: 'in_layers.2',
  embedding: 'emb_layers.1',
  norm2: 'out_layers.0',
  conv2: 'out_layers.3',
  shortcut: 'skip_connection',
};

export function buildUnet(list: ParameterList, c: UnetConfig): Unet {
  const [finest] = c.widths as [number];
  const coarsest = c.widths.at(-1)!;
  const patchWidth = c.channels * c.patch * c.patch;
  const perLevel = c.stages + 1;
  const embeddingWidth = 4 * c.timeWidth;
  const blocks = { names: NAMES, embeddingWidth, groups: GROUPS };
  const attends = (level: number) => c.attends.includes(level);
  const down = (level: number, stage: number) => list.scope(`input_blocks.${1 + level * perLevel + stage}`);
  const up = (level: number, stage: number) =>
    list.scope(`output_blocks.${(c.widths.length - 1 - level) * perLevel + stage}`);
  return {
    time: buildTimeEmbedding(list.scope('time_embed'), ['0', '2'], c.timeWidth, embeddingWidth),
    input: buildConvolution(list.scope('input_blocks.0.0'), patchWidth + c.conditionWidth, finest),
    levels: buildLevels({
      ...blocks,
      widths: c.widths,
      stages: c.stages,
      attends,
      scopes: {
        down: {
          block: (level, stage) => down(level, stage).scope('0'),
          attention: (level, stage) => down(level, stage).scope('1'),
          resample: (level) => down(level, c.stages).scope('0.op'),
        },
        up: {
          block: (level, stage) => up(level, stage).scope('0'),
          attention: (level, stage) => up(level, stage).scope('1'),
          resample: (level) => up(level, c.stages).scope(attends(level) ? '2.conv' : '1.conv'),
        },
      },
    }),
    middle: {
      before: buildResidualBlock(list.scope('middle_block.0'), coarsest, coarsest, blocks),
      attention: buildPixelAttention(list.scope('middle_block.1'), coarsest, GROUPS),
      after: buildResidualBlock(list.scope('middle_block.2'), coarsest, coarsest, blocks),
    },
    outputNorm: buildGroupNorm(list.scope('out.0'), finest, GROUPS),
    output: buildConvolution(list.scope('out.2'), finest, patchWidth),
  };
}

/**
 * @param patches  the noisy image, [B, h·w, C·p·p], each patch by (channel, row, column)
 * @param grid     h and w
 * @param steps    of the diffusion, one a sample, [B]
 * @returns        the prediction, [B, h·w, C·p·p]
 */
export function unet(
  p: Unet,
  patches: tf.Tensor3D,
  grid: Grid,
  steps: ArrayLike<number>,
  condition: Condition,
): tf.Tensor3D {
  return tf.tidy(() => {
    const [b, , width] = patches.shape;
    const embedding = timeEmbedding(p.time, steps);
    const map = tf.reshape(patches, [b, grid[0], grid[1], width]) as tf.Tensor4D;
    const input = convolution(p.input, tf.concat([map, resizeNearest(visibleCodes(condition), grid)], 3));
    const left = descend(p.levels.down, input, embedding);
    const before = residualBlock(p.middle.before, left.at(-1)!, embedding);
    const middle = residualBlock(p.middle.after, pixelAttention(p.middle.attention, before), embedding);
    const last = activate('SiLU', groupNorm(p.outputNorm, ascend(p.levels.up, middle, left, embedding)));
    return tf.reshape(convolution(p.output, last), patches.shape);
  });
}

/** The codes, zero where they are masked. */
function visibleCodes(condition: Condition): tf.Tensor4D {
  const masked = maskOn(condition, gridShape(condition.codes));
  if (!masked) return condition.codes;
  const [b, h, w] = condition.codes.shape;
  return tf.mul(condition.codes, tf.reshape(tf.sub(1, masked), [b, h, w, 1]));
}
