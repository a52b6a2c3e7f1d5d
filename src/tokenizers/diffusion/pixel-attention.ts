import * as tf from '@tensorflow/tfjs-core';
import { attention } from '../../nn/attention.js';
import { buildGroupNorm, type GroupNorm, groupNorm } from '../../nn/group-norm.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import type { ParameterList } from '../../nn/parameters.js';

/** Single-head self-attention over the positions of a map, with a residual. (`AttentionBlock` of the UNet officially.) */
export interface PixelAttention {
  readonly norm: GroupNorm;
  /** Query, key and value in one matrix, [D, 3D]. */
  readonly qkv: Linear;
  readonly proj: Linear;
}

export function buildPixelAttention(list: ParameterList, width: number, groups: number): PixelAttention {
  return {
    norm: buildGroupNorm(list.scope('norm'), width, groups),
    qkv: buildLinear(list.scope('qkv'), [width, 1], 3 * width, true, 3),
    proj: buildLinear(list.scope('proj_out'), [width, 1], width),
  };
}

/**
 * @param x [B, h, w, D]
 * @returns [B, h, w, D]
 */
export function pixelAttention(p: PixelAttention, x: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const [b, h, w, width] = x.shape;
    const rows = tf.reshape(linear(p.qkv, groupNorm(p.norm, x)), [b, h * w, 3 * width]);
    const [query, keys, values] = tf.split(rows, 3, -1) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    const looked = attention(query, { keys, values }, 1);
    return tf.add(x, linear(p.proj, tf.reshape(looked, x.shape) as tf.Tensor4D));
  });
}
