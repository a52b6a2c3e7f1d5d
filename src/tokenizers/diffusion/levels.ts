import * as tf from '@tensorflow/tfjs-core';
import { buildConvolution, type Convolution, convolution } from '../../nn/convolution.js';
import type { ParameterList } from '../../nn/parameters.js';
import type { Grid } from '../vq/vit.js';
import { buildPixelAttention, type PixelAttention, pixelAttention } from './pixel-attention.js';
import { buildResidualBlock, type ResidualBlock, type ResidualBlockConfig, residualBlock } from './residual-block.js';
import { resizeNearest } from './resize.js';

/** A stage within a level. */
export interface Stage {
  readonly block: ResidualBlock;
  readonly attention: PixelAttention | undefined;
}

/** One resolution of the downsampling or upsampling path; the grid is then halved or doubled, except after the last. */
export interface Level {
  readonly stages: readonly Stage[];
  readonly resample: Convolution | undefined;
}

/** The two paths of a U-Net; the outputs of each downsampling stage are skip connections of the upsampling path. */
export interface Levels {
  readonly down: readonly Level[];
  readonly up: readonly Level[];
}

/** Configuration of the levels. */
export interface LevelsConfig extends ResidualBlockConfig {
  /** Channels of each level, finest first. */
  readonly widths: readonly number[];
  /** Stages of each downsampling level; an upsampling level has one more. */
  readonly stages: number;
  /** Whether the stages of a level have attention. */
  attends(level: number): boolean;
  /** Checkpoint scopes of a stage's block and attention, and of a level's resampling. */
  readonly scopes: Record<'down' | 'up', LevelScopes>;
}

/** Checkpoint scopes of one path. */
export interface LevelScopes {
  block(level: number, stage: number): ParameterList;
  attention(level: number, stage: number): ParameterList;
  resample(level: number): ParameterList;
}

export function buildLevels(c: LevelsConfig): Levels {
  const { widths, scopes } = c;
  const last = widths.length - 1;
  let width = widths[0]!;
  const skips = [width];
  const stage = (side: LevelScopes, level: number, i: number, input: number): Stage => {
    width = widths[level]!;
    return {
      block: buildResidualBlock(side.block(level, i), input, width, c),
      attention: c.attends(level) ? buildPixelAttention(side.attention(level, i), width, c.groups) : undefined,
    };
  };
  const down = widths.map((_, level): Level => {
    const stages = Array.from({ length: c.stages }, (_, i) => {
      const built = stage(scopes.down, level, i, width);
      skips.push(width);
      return built;
    });
    if (level === last) return { stages, resample: undefined };
    skips.push(width);
    return { stages, resample: buildConvolution(scopes.down.resample(level), width, width) };
  });
  const up = [...widths.keys()].reverse().map((level): Level => {
    const stages = Array.from({ length: c.stages + 1 }, (_, i) =>
      stage(scopes.up, level, i, width + (skips.pop() as number)),
    );
    return { stages, resample: level > 0 ? buildConvolution(scopes.up.resample(level), width, width) : undefined };
  });
  return { down, up };
}

/**
 * @param x         input of the first level, [B, h, w, D]
 * @param embedding of the timestep, [B, E]
 * @returns         skip connections, finest first: `x`, then the output of every stage; the last is the result
 */
export function descend(levels: readonly Level[], x: tf.Tensor4D, embedding: tf.Tensor2D): tf.Tensor4D[] {
  const left = [x];
  for (const { stages, resample } of levels) {
    for (const stage of stages) left.push(runStage(stage, left.at(-1)!, embedding));
    if (resample) left.push(convolution(resample, left.at(-1)!, 2));
  }
  return left;
}

/**
 * @param x         from the middle block, [B, h, w, D]
 * @param left      skip connections from {@link descend}
 * @param embedding of the timestep, [B, E]
 * @returns         on the finest grid, [B, h, w, D]
 */
export function ascend(
  levels: readonly Level[],
  x: tf.Tensor4D,
  left: readonly tf.Tensor4D[],
  embedding: tf.Tensor2D,
): tf.Tensor4D {
  const skips = [...left];
  let y = x;
  for (const { stages, resample } of levels) {
    for (const stage of stages) y = runStage(stage, tf.concat([y, skips.pop()!], 3), embedding);
    if (resample) y = convolution(resample, resizeNearest(y, gridShape(skips.at(-1)!)));
  }
  return y;
}

/** Rows and columns of a map [B, h, w, D]. */
export function gridShape(x: tf.Tensor4D): Grid {
  return [x.shape[1], x.shape[2]];
}

function runStage({ block, attention }: Stage, x: tf.Tensor4D, embedding: tf.Tensor2D): tf.Tensor4D {
  const y = residualBlock(block, x, embedding);
  return attention ? pixelAttention(attention, y) : y;
}
