import * as tf from '@tensorflow/tfjs-core';
import { argMaxOfFinite } from '../../nn/arg-max.js';
import { constant, normal } from '../../nn/initializers.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import type { Parameter, ParameterList } from '../../nn/parameters.js';
import type { VqVaeConfig } from './config.js';

/**
 * Replaces every latent by the nearest of K codes. With several heads, a latent is projected to one vector per head; each is
 * replaced by a code of the same codebook, and all are projected back. (`VectorQuantize` officially.)
 */
export interface Quantizer {
  readonly kind: 'codebook';
  readonly heads: number;
  /** Latents to one vector per head, d to heads · d; only with several heads. */
  readonly projectIn: Linear | undefined;
  /** The reverse. */
  readonly projectOut: Linear | undefined;
  /** The codes, [K, d]. */
  readonly codes: Parameter;
  /** Moving average of the usage of each code, [K]. */
  readonly usage: Parameter;
  /** Moving average of the latents' sums in a Euclidean codebook, [K, d]. */
  readonly sums: Parameter | undefined;
  /** 1 after the codes are initialised, [1]. */
  readonly initialized: Parameter;
  /** Nearest by cosine similarity; the output is the unnormalised code. */
  readonly cosine: boolean;
  /** Latents are L2-normalised, also for the loss. */
  readonly normLatents: boolean;
}

export function buildQuantizer(list: ParameterList, c: VqVaeConfig): Quantizer {
  const book = list.scope('_codebook');
  const shape = [c.codebook_size, c.latent_dim];
  const buffer = { trainable: false };
  const heads = c.num_codebooks;
  return {
    kind: 'codebook',
    heads,
    projectIn: heads > 1 ? buildLinear(list.scope('project_in'), c.latent_dim, heads * c.latent_dim) : undefined,
    projectOut: heads > 1 ? buildLinear(list.scope('project_out'), heads * c.latent_dim, c.latent_dim) : undefined,
    initialized: book.add('initted', [1], { init: constant(c.kmeans_init ? 0 : 1), ...buffer }),
    usage: book.add('cluster_size', [c.codebook_size], { init: constant(0), ...buffer }),
    sums: c.norm_codes ? undefined : book.add('embed_avg', shape, { init: normal(0.1), ...buffer }),
    codes: book.add('embed', shape, { init: normal(0.1), ...buffer }),
    cosine: c.norm_codes,
    normLatents: c.norm_latents,
  };
}

/**
 * @param latents [n, d]
 * @returns       vectors to compare with the codes, [n · heads, d], the heads of a latent in succession
 */
export function splitHeads(p: Quantizer, latents: tf.Tensor2D): tf.Tensor2D {
  return p.projectIn ? tf.reshape(linear(p.projectIn, latents), [-1, latents.shape[1]]) : latents;
}

/** Vectors to compare with the codes: `splitHeads`, L2-normalised if `normLatents`. */
export function comparedLatents(p: Quantizer, latents: tf.Tensor2D): tf.Tensor2D {
  const split = splitHeads(p, latents);
  return p.normLatents ? l2Normalize(split) : split;
}

/**
 * @param codes [n · heads, d]
 * @returns     [n, d]
 */
export function mergeHeads(p: Quantizer, codes: tf.Tensor2D): tf.Tensor2D {
  return p.projectOut ? linear(p.projectOut, tf.reshape(codes, [-1, p.heads * codes.shape[1]])) : codes;
}

/**
 * @param latents from {@link comparedLatents}, [n, d]
 * @returns       the nearest code of each, int32 [n]; -1 for latents that are not finite
 */
export function nearestCodes(p: Quantizer, latents: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    const codes = p.codes.value as tf.Tensor as tf.Tensor2D;
    if (p.cosine) {
      return argMaxOfFinite(tf.matMul(l2Normalize(latents), l2Normalize(codes), false, true)) as tf.Tensor1D;
    }
    // -|x - c|² without |x|², which is the same for all codes.
    const similarity = tf.sub(tf.mul(2, tf.matMul(latents, codes, false, true)), tf.sum(tf.square(codes), -1));
    return argMaxOfFinite(similarity) as tf.Tensor1D;
  });
}

/**
 * @param ids int32, any shape
 * @returns   the codes, [..., d]
 */
export function lookUpCodes(p: Quantizer, ids: tf.Tensor): tf.Tensor {
  return tf.gather(p.codes.value, ids);
}

/** Result of {@link quantizeInTraining}. */
export interface Quantized {
  /** The codes, with a straight-through gradient to the latents, [n, d]. */
  readonly output: tf.Tensor2D;
  /** Commitment loss: mean squared distance of the latents to their codes. */
  readonly commitment: tf.Scalar;
  /** [n · heads] */
  readonly ids: tf.Tensor1D;
  /** The compared latents, [n · heads, d]. */
  readonly latents: tf.Tensor2D;
}

/**
 * Quantizes with a straight-through gradient (VQ-VAE, arXiv 1711.00937).
 *
 * @param input  [n, d]
 * @param ids    code of each latent, [n · heads]; absent, the nearest
 */
export function quantizeInTraining(p: Quantizer, input: tf.Tensor2D, ids?: Int32Array): Quantized {
  const latents = comparedLatents(p, input);
  // At least 0: if training diverges there is no nearest code, and the loss becomes NaN.
  const nearest = () => tf.maximum(nearestCodes(p, latents), tf.scalar(0, 'int32'));
  const codeIds = detached(() => (ids ? tf.tensor1d(ids, 'int32') : nearest())) as tf.Tensor1D;
  const codes = detached(() => lookUpCodes(p, codeIds)) as tf.Tensor2D;
  const straightThrough = tf.customGrad((_) => ({ value: tf.clone(codes), gradFunc: (dy: tf.Tensor) => dy }));
  const commitment = tf.mean(tf.square(tf.sub(codes, latents))) as tf.Scalar;
  return { output: mergeHeads(p, straightThrough(latents) as tf.Tensor2D), commitment, ids: codeIds, latents };
}

/** Computes without gradients (`stop_gradient`). */
function detached(compute: () => tf.Tensor): tf.Tensor {
  return tf.customGrad(() => ({ value: compute(), gradFunc: () => tf.scalar(0) }))(tf.scalar(0));
}

/** Scales every row to length 1. */
function l2Normalize(x: tf.Tensor2D): tf.Tensor2D {
  return tf.div(x, tf.maximum(tf.sqrt(tf.sum(tf.square(x), -1, true)), 1e-12));
}
