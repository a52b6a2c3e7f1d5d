import * as tf from '@tensorflow/tfjs-core';
import { additiveMask } from '../nn/attention.js';
import { type Block, block, buildBlock } from '../nn/block.js';
import { normal } from '../nn/initializers.js';
import { buildLayerNorm, type LayerNorm, layerNorm } from '../nn/layer-norm.js';
import type { Parameter, ParameterList } from '../nn/parameters.js';
import { sequencePositions } from '../nn/positions.js';
import type { TextEncoderConfig } from './config.js';

/**
 * A transformer over the tokens of a text, which gives each of them a vector. It stands in for T5, whose embeddings of captions
 * are an input of 4M-21 (`t5_caption`).
 */
export interface TextEncoder {
  readonly config: TextEncoderConfig;
  /** [V, D] */
  readonly tokens: Parameter;
  readonly blocks: readonly Block[];
  readonly norm: LayerNorm;
}

/** Builds a text encoder; its parameters hold no values yet. */
export function buildTextEncoder(list: ParameterList, config: TextEncoderConfig): TextEncoder {
  const { vocab_size, dim: width, depth, num_heads: heads } = config;
  return {
    config,
    tokens: list.add('token_emb.weight', [vocab_size, width], { init: normal(0.02) }),
    blocks: Array.from({ length: depth }, (_, i) =>
      buildBlock(list.scope(`blocks.${i}`), {
        width,
        heads,
        qkvBias: true,
        projBias: true,
        mlpBias: true,
        mlpRatio: 4,
        gatedMlp: false,
        activation: 'GELU',
      }),
    ),
    norm: buildLayerNorm(list.scope('norm'), width),
  };
}

/**
 * @param texts token ids, one text a row
 * @returns     `hidden`: a vector for each token, [B, N, D], with N of the longest; `padding`: 1 behind a text's end, [B, N]
 */
export function encodeTokens(
  p: TextEncoder,
  texts: readonly Int32Array[],
): { hidden: tf.Tensor3D; padding: Uint8Array; length: number } {
  const [b, n] = [texts.length, Math.max(...texts.map((ids) => ids.length))];
  const ids = new Int32Array(b * n);
  const padding = new Uint8Array(b * n).fill(1);
  texts.forEach((text, i) => {
    ids.set(text, i * n);
    padding.fill(0, i * n, i * n + text.length);
  });
  const hidden = tf.tidy(() => {
    const { dim } = p.config;
    const embedded = tf.add(
      tf.gather(p.tokens.value, tf.tensor2d(ids, [b, n], 'int32')),
      tf.tensor2d(sequencePositions(n, dim), [n, dim]),
    ) as tf.Tensor3D;
    const mask = additiveMask(padding, [b, 1, n]);
    return layerNorm(
      p.norm,
      p.blocks.reduce((x, layer) => block(layer, x, mask), embedded),
    );
  });
  return { hidden, padding, length: n };
}
