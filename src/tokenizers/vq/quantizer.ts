import * as tf from '@tensorflow/tfjs-core';
import { constant, normal } from '../../nn/initializers.js';
import { buildLinear, type Linear, linear } from '../../nn/linear.js';
import type { Parameter, ParameterList } from '../../nn/parameters.js';
import type { VqVaeConfig } from './config.js';

/**
 * Replaces every latent by the nearest of K codes. With several heads a latent is projected to one vector a head, all of which
 * are replaced by codes of the same codebook and projected back. (`VectorQuantize` officially.)
 */
export interface Quantizer {
  readonly kind: 'codebook';
  readonly heads: number;
  /** Latents to a vector a head, d to heads · d, where there are several. */
  readonly projectIn: Linear | undefined;
  /** The reverse. */
  readonly projectOut: Linear | undefined;
  /** The codes, [K, d]. */
  readonly codes: Parameter;
  /** How often each has been used of late, [K]. */
  readonly usage: Parameter;
  /** Sums behind the codes of a Euclidean codebook, [K, d]. */
  readonly sums: Parameter | undefined;
  /** 1 once k-means, or the initialiser, has filled the codes, [1]. */
  readonly initialized: Parameter;
  /** Codes are told apart by direction alone; what comes out is the code as it is. */
  readonly cosine: boolean;
  /** The latent itself is brought to length 1, also for the loss. */
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
 * @returns       what is compared with the codes, [n · heads, d], the heads of a latent one after the other
 */
export function splitHeads(p: Quantizer, latents: tf.Tensor2D): tf.Tensor2D {
  return p.projectIn ? tf.reshape(linear(p.projectIn, latents), [-1, latents.shape[1]]) : latents;
}

/** What is compared with the codes: {@link splitHeads}, brought to length 1 where `normLatents`. */
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
 * @param latents as `comparedLatents` gives them, [n, d]
 * @returns       the nearest code of each, int32 [n]
 */
export function nearestCodes(p: Quantizer, latents: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    const codes = p.codes.value as tf.Tensor as tf.Tensor2D;
    if (p.cosine) return tf.argMax(tf.matMul(l2Normalize(latents), l2Normalize(codes), false, true), -1) as tf.Tensor1D;
    // |x - c|² without the part that is the same for all codes.
    const alike = tf.sub(tf.mul(2, tf.matMul(latents, codes, false, true)), tf.sum(tf.square(codes), -1));
    return tf.argMax(alike, -1) as tf.Tensor1D;
  });
}

/**
 * @param ids int32, any shape
 * @returns   the codes, [..., d]
 */
export function lookUpCodes(p: Quantizer, ids: tf.Tensor): tf.Tensor {
  return tf.gather(p.codes.value, ids);
}

/** What quantizing gives while training. */
export interface Quantized {
  /** The codes, through which the gradient passes to the latents unchanged, [n, d]. */
  readonly output: tf.Tensor2D;
  /** How far the latents are from their codes: their mean squared distance. */
  readonly commitment: tf.Scalar;
  /** [n · heads] */
  readonly ids: tf.Tensor1D;
  /** What was compared, [n · heads, d]. */
  readonly latents: tf.Tensor2D;
}

/**
 * Quantizes with a straight-through gradient (VQ-VAE, arXiv 1711.00937).
 *
 * @param input  [n, d]
 * @param chosen the code of each latent where it is known already, [n · heads]; otherwise the nearest
 */
export function quantizeInTraining(p: Quantizer, input: tf.Tensor2D, chosen?: Int32Array): Quantized {
  const latents = comparedLatents(p, input);
  const ids = detached(() => (chosen ? tf.tensor1d(chosen, 'int32') : nearestCodes(p, latents))) as tf.Tensor1D;
  const codes = detached(() => lookUpCodes(p, ids)) as tf.Tensor2D;
  const straightThrough = tf.customGrad((_) => ({ value: tf.clone(codes), gradFunc: (dy: tf.Tensor) => dy }));
  const commitment = tf.mean(tf.square(tf.sub(codes, latents))) as tf.Scalar;
  return { output: mergeHeads(p, straightThrough(latents) as tf.Tensor2D), commitment, ids, latents };
}

/** A result that no gradient flows through: to differentiation it depends on nothing but a constant. */
function detached(compute: () => tf.Tensor): tf.Tensor {
  return tf.customGrad(() => ({ value: compute(), gradFunc: () => tf.scalar(0) }))(tf.scalar(0));
}

/** Every row brought to length 1. */
function l2Normalize(x: tf.Tensor2D): tf.Tensor2D {
  return tf.div(x, tf.maximum(tf.sqrt(tf.sum(tf.square(x), -1, true)), 1e-12));
}
