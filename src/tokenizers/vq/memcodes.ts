import * as tf from '@tensorflow/tfjs-core';
import { argMaxOfFinite } from '../../nn/arg-max.js';
import { normal } from '../../nn/initializers.js';
import type { Parameter, ParameterList } from '../../nn/parameters.js';
import type { VqVaeConfig } from './config.js';

/**
 * A quantizer by hard attention: each head of a latent attends to its own K codes, and is replaced by the value of the code with
 * the highest score. Keys and values are linear maps of the codes, trained by gradients. (`Memcodes` officially, after NWT,
 * arXiv 2106.04283.)
 */
export interface Memcodes {
  readonly kind: 'memcodes';
  readonly heads: number;
  /** The codes of each head, [heads, K, d / heads]. */
  readonly codes: Parameter;
  /** Codes to keys, [heads, d / heads, d / heads]. */
  readonly toKeys: Parameter;
  /** Codes to values, [heads, d / heads, d / heads]. */
  readonly toValues: Parameter;
}

export function buildMemcodes(list: ParameterList, c: VqVaeConfig): Memcodes {
  const heads = c.num_codebooks;
  const width = c.latent_dim / heads;
  const map = { init: normal(1 / Math.sqrt(width)), decay: true };
  return {
    kind: 'memcodes',
    heads,
    codes: list.add('codes', [heads, c.codebook_size, width], { init: normal(1), decay: true }),
    toKeys: list.add('to_k.weight', [heads, width, width], map),
    toValues: list.add('to_v.weight', [heads, width, width], map),
  };
}

/**
 * Attention scores of the codes for each latent.
 *
 * @param latents [n, d]
 * @returns       [heads, n, K]
 */
export function codeLogits(p: Memcodes, latents: tf.Tensor2D): tf.Tensor3D {
  return tf.tidy(() => {
    const [heads, , width] = p.codes.shape as [number, number, number];
    const byHead = tf.transpose(tf.reshape(latents, [-1, heads, width]) as tf.Tensor3D, [1, 0, 2]);
    const queries = tf.mul(byHead, width ** -0.5);
    // (query · key map) · code equals query · (code · key map), without mapping all codes.
    return tf.matMul(tf.matMul(queries, p.toKeys.value, false, true), p.codes.value, false, true) as tf.Tensor3D;
  });
}

/**
 * @param latents [n, d]
 * @returns       id of the code with the highest score, int32 [n · heads], the heads of a latent in succession
 */
export function lookUpIds(p: Memcodes, latents: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(
    () => tf.reshape(tf.transpose(argMaxOfFinite(codeLogits(p, latents)) as tf.Tensor2D), [-1]) as tf.Tensor1D,
  );
}

/**
 * @param ids int32 [n · heads], the heads of a latent in succession
 * @returns   the values of the codes, [n, d]
 */
export function lookUpValues(p: Memcodes, ids: tf.Tensor1D): tf.Tensor2D {
  return tf.tidy(() => {
    const [heads, size, width] = p.codes.shape as [number, number, number];
    const firstOfHead = tf.tensor1d(
      Array.from({ length: heads }, (_, head) => head * size),
      'int32',
    );
    const rows = tf.reshape(tf.add(tf.reshape(ids, [-1, heads]), firstOfHead), [-1]);
    const codes = tf.gather(tf.reshape(p.codes.value, [heads * size, width]), rows);
    const byHead = tf.transpose(tf.reshape(codes, [-1, heads, width]) as tf.Tensor3D, [1, 0, 2]);
    return mergeHeads(tf.matMul(byHead, p.toValues.value) as tf.Tensor3D);
  });
}

/** Result of {@link lookUpInTraining}. */
export interface MemcodesLookup {
  /** Values of the selected codes, [n, d]. */
  readonly output: tf.Tensor2D;
  /** int32 [n · heads], the heads of a latent in succession. */
  readonly ids: tf.Tensor1D;
}

/**
 * Samples a code for each head by its scores, with the gradient of the softmax (straight-through Gumbel-softmax,
 * arXiv 1611.01144).
 *
 * @param latents     [n, d]
 * @param noise       standard Gumbel noise, [heads, n, K]
 * @param temperature softmax temperature, above 0; 1 officially
 */
export function lookUpInTraining(
  p: Memcodes,
  latents: tf.Tensor2D,
  noise: tf.Tensor3D,
  temperature = 1,
): MemcodesLookup {
  const soft = tf.softmax(tf.div(tf.add(codeLogits(p, latents), noise), temperature));
  const size = p.codes.shape[1]!;
  const hardened = tf.customGrad((x) => {
    const best = tf.expandDims(tf.argMax(x as tf.Tensor, -1), -1);
    // oneHot does not support a single code.
    const isBest = tf.equal(best, tf.range(0, size, 1, 'int32'));
    return { value: tf.cast(isBest, 'float32'), gradFunc: (dy: tf.Tensor) => dy };
  })(soft) as tf.Tensor3D;
  const values = tf.matMul(p.codes.value, p.toValues.value);
  return {
    output: mergeHeads(tf.matMul(hardened, values) as tf.Tensor3D),
    ids: tf.reshape(tf.transpose(tf.argMax(hardened, -1)), [-1]) as tf.Tensor1D,
  };
}

/** [heads, n, d / heads] to [n, d] */
function mergeHeads(x: tf.Tensor3D): tf.Tensor2D {
  const [heads, n, width] = x.shape;
  return tf.reshape(tf.transpose(x, [1, 0, 2]), [n, heads * width]);
}
