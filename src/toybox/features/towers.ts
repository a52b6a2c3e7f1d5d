/** The networks that see the other side of a pair in contrastive training: captions and poses. They are not kept afterwards. */
import * as tf from '@tensorflow/tfjs-core';
import { unitRows } from '../../networks/image-network.js';
import { buildTextEncoder, encodeTokens, type TextEncoder } from '../../networks/text-encoder.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import type { ParameterList } from '../../nn/parameters.js';
import { type BottleneckMlp, bottleneckMlp, buildBottleneckMlp } from '../../tokenizers/vq/bottleneck-mlp.js';
import { FEATURE_WIDTH } from './image-network.js';

const WIDTH = 96;

/** A transformer over the tokens of a caption, and a projection of their mean. */
export interface TextTower {
  readonly encoder: TextEncoder;
  readonly head: Linear;
}

export function buildTextTower(list: ParameterList, vocabSize: number): TextTower {
  const sizes = { vocab_size: vocabSize, dim: WIDTH, depth: 2, num_heads: 3 };
  return {
    encoder: buildTextEncoder(list, { network: 'text', ...sizes }),
    head: buildLinear(list.scope('head'), WIDTH, FEATURE_WIDTH),
  };
}

/**
 * @param captions token ids, one caption a row
 * @returns        embeddings of length 1, [B, 64]
 */
export function textEmbeddings(p: TextTower, captions: readonly Int32Array[]): tf.Tensor2D {
  return tf.tidy(() => {
    const { hidden, padding, length } = encodeTokens(p.encoder, captions);
    const visible = tf.tensor3d(
      Float32Array.from(padding, (x) => 1 - x),
      [captions.length, length, 1],
    );
    const mean = tf.div(tf.sum(tf.mul(hidden, visible), 1), tf.sum(visible, 1)) as tf.Tensor2D;
    return unitRows(linear(p.head, mean));
  });
}

/** An MLP over the numbers of a pose: blocks over a residual stream, as the tokenizers of vectors have them. */
export type PoseTower = BottleneckMlp;

export function buildPoseTower(list: ParameterList, values: number): PoseTower {
  return buildBottleneckMlp(list, { width: WIDTH, depth: 2, expansion: 2 }, values, FEATURE_WIDTH);
}

/**
 * @param poses [B, values]
 * @returns     embeddings of length 1, [B, 64]
 */
export function poseEmbeddings(p: PoseTower, poses: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => unitRows(bottleneckMlp(p, poses)));
}
