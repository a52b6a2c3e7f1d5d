import * as tf from '@tensorflow/tfjs-core';
import { additiveMask } from '../../nn/attention.js';
import { constant, table } from '../../nn/initializers.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import type { Parameter, ParameterList } from '../../nn/parameters.js';
import { gridPositions } from '../../nn/positions.js';
import { transpose } from '../../nn/transpose.js';
import { positionsOn } from '../vq/vit.js';
import { type Condition, maskOn } from './condition.js';
import { gridShape } from './levels.js';
import { resizeNearest } from './resize.js';
import { buildUvitBlock, type Context, type UvitBlock, type UvitBlockConfig, uvitBlock } from './uvit-block.js';

/**
 * The transformer at the lowest resolution of a U-ViT. The condition is added to its tokens, or every block attends to it. (`TransformerConcatCond` and `TransformerXattnCond` officially.)
 */
export interface UvitMiddle {
  /** [1, D, h, w] */
  readonly positions: Parameter;
  readonly projIn: Linear;
  readonly blocks: readonly UvitBlock[];
  readonly projOut: Linear;
  /** Additive conditioning: the projection of the condition, and the vector for masked positions, [D]. */
  readonly added: { readonly proj: Linear; readonly maskToken: Parameter } | undefined;
}

/** Configuration of the transformer. */
export interface UvitMiddleConfig extends UvitBlockConfig {
  /** Channels of the maps around it. */
  readonly mapWidth: number;
  readonly conditionWidth: number;
  readonly layers: number;
  /** Side of the position table. */
  readonly positions: number;
  /** Whether long skip connections join the blocks of the second half to those of the first (arXiv 2209.12152). */
  readonly longSkip: boolean;
}

export function buildUvitMiddle(list: ParameterList, c: UvitMiddleConfig): UvitMiddle {
  const side = c.positions;
  const positions = () => transpose(gridPositions(side, side, c.width), side ** 2, c.width);
  const joins = (i: number) => c.longSkip && i > Math.floor(c.layers / 2);
  return {
    positions: list.add('mid_pos_emb', [1, c.width, side, side], { init: table(positions), trainable: false }),
    projIn: buildLinear(list.scope('mid_proj_in'), c.mapWidth, c.width),
    blocks: Array.from({ length: c.layers }, (_, i) => buildUvitBlock(list.scope(`mid_block.${i}`), c, joins(i))),
    projOut: buildLinear(list.scope('mid_proj_out'), c.width, c.mapWidth),
    added:
      c.contextWidth === undefined
        ? {
            proj: buildLinear(list.scope('mid_cond_proj'), c.conditionWidth, c.width),
            maskToken: list.add('mask_token', [c.width], { init: constant(0) }),
          }
        : undefined,
  };
}

/**
 * @param x         [B, h, w, map width]
 * @param embedding of the timestep, [B, E]
 * @returns         [B, h, w, map width]
 */
export function uvitMiddle(p: UvitMiddle, x: tf.Tensor4D, embedding: tf.Tensor2D, condition: Condition): tf.Tensor4D {
  return tf.tidy(() => {
    const input = tf.add(tokens(linear(p.projIn, x)), positionsFor(p, x)) as tf.Tensor3D;
    const conditioned = p.added ? tf.add(input, addedCondition(p.added, condition, x)) : input;
    const context = p.added ? undefined : contextOf(condition);
    const left: tf.Tensor3D[] = [];
    const half = Math.floor(p.blocks.length / 2);
    let y = conditioned as tf.Tensor3D;
    p.blocks.forEach((block, i) => {
      y = uvitBlock(block, y, embedding, context, i > half ? left.pop() : undefined);
      if (i < half) left.push(y);
    });
    return tf.reshape(linear(p.projOut, y), x.shape);
  });
}

/** The position table on another grid: interpolated with additive conditioning, by nearest neighbour with cross-attention. */
function positionsFor(p: UvitMiddle, x: tf.Tensor4D): tf.Tensor {
  const grid = gridShape(x);
  if (p.added) return positionsOn(p.positions, grid);
  return tokens(resizeNearest(tf.transpose(p.positions.value as tf.Tensor as tf.Tensor4D, [0, 2, 3, 1]), grid));
}

function addedCondition({ proj, maskToken }: NonNullable<UvitMiddle['added']>, condition: Condition, x: tf.Tensor4D) {
  const projected = tokens(linear(proj, resizeNearest(condition.codes, gridShape(x))));
  const masked = maskOn(condition, gridShape(x));
  return masked ? tf.add(tf.mul(projected, tf.sub(1, masked)), tf.mul(maskToken.value, masked)) : projected;
}

function contextOf({ codes, masked }: Condition): Context {
  const values = tokens(codes);
  const [b, n] = values.shape;
  return { values, mask: masked && additiveMask(masked, [b, 1, n]) };
}

/** [B, h, w, D] to [B, h·w, D] */
function tokens(x: tf.Tensor4D): tf.Tensor3D {
  const [b, h, w, width] = x.shape;
  return tf.reshape(x, [b, h * w, width]);
}
