/** The networks that see the other side of a pair in contrastive training: captions and poses. They are not kept afterwards. */
import * as tf from '@tensorflow/tfjs-core';
import { additiveMask } from '../../nn/attention.js';
import { type Block, block, buildBlock } from '../../nn/block.js';
import { normal } from '../../nn/initializers.js';
import { buildLayerNorm, type LayerNorm, layerNorm } from '../../nn/layer-norm.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import type { Parameter, ParameterList } from '../../nn/parameters.js';
import { sequencePositions } from '../../nn/positions.js';
import { type BottleneckMlp, bottleneckMlp, buildBottleneckMlp } from '../../tokenizers/vq/bottleneck-mlp.js';
import { FEATURE_WIDTH, unitRows } from './image-network.js';

const WIDTH = 96;

/** A transformer over the tokens of a caption. */
export interface TextTower {
  /** [V, D] */
  readonly tokens: Parameter;
  readonly blocks: readonly Block[];
  readonly norm: LayerNorm;
  readonly head: Linear;
}

export function buildTextTower(list: ParameterList, vocabSize: number): TextTower {
  return {
    tokens: list.add('token_emb.weight', [vocabSize, WIDTH], { init: normal(0.02) }),
    blocks: [0, 1].map((i) =>
      buildBlock(list.scope(`blocks.${i}`), {
        width: WIDTH,
        heads: 3,
        qkvBias: true,
        projBias: true,
        mlpBias: true,
        mlpRatio: 4,
        gatedMlp: false,
        activation: 'GELU',
      }),
    ),
    norm: buildLayerNorm(list.scope('norm'), WIDTH),
    head: buildLinear(list.scope('head'), WIDTH, FEATURE_WIDTH),
  };
}

/**
 * @param captions token ids, one caption a row
 * @returns        embeddings of length 1, [B, 64]
 */
export function textEmbeddings(p: TextTower, captions: readonly Int32Array[]): tf.Tensor2D {
  return tf.tidy(() => {
    const [b, n] = [captions.length, Math.max(...captions.map((ids) => ids.length))];
    const ids = new Int32Array(b * n);
    const padding = new Uint8Array(b * n).fill(1);
    captions.forEach((caption, i) => {
      ids.set(caption, i * n);
      padding.fill(0, i * n, i * n + caption.length);
    });
    const embedded = tf.add(
      tf.gather(p.tokens.value, tf.tensor2d(ids, [b, n], 'int32')),
      tf.tensor2d(sequencePositions(n, WIDTH), [n, WIDTH]),
    ) as tf.Tensor3D;
    const mask = additiveMask(padding, [b, 1, n]);
    const hidden = layerNorm(
      p.norm,
      p.blocks.reduce((x, layer) => block(layer, x, mask), embedded),
    );
    const visible = tf.tensor3d(
      Float32Array.from(padding, (x) => 1 - x),
      [b, n, 1],
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
