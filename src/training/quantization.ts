import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../random.js';
import { CodebookTrainer } from '../tokenizers/vq/codebook-trainer.js';
import type { VqVaeConfig } from '../tokenizers/vq/config.js';
import { lookUpInTraining, type Memcodes } from '../tokenizers/vq/memcodes.js';
import { comparedLatents, type Quantizer, quantizeInTraining } from '../tokenizers/vq/quantizer.js';

/** Quantization of a tokenizer's latents in training. */
export interface QuantizationInTraining {
  /**
   * Prepares a step: draws its random numbers.
   *
   * @param latents computes the latents of the step's batch, [n, d]
   * @returns       quantizes them, inside the differentiated loss
   */
  prepare(latents: () => tf.Tensor2D, random: Random): Promise<(latents: tf.Tensor2D) => QuantizedLatents>;
  /** Ends the step: updates moving averages. @returns number of different codes in the batch */
  update(random: Random): Promise<number>;
}

/** Latents replaced by codes, differentiably. */
export interface QuantizedLatents {
  /** [n, d] */
  readonly output: tf.Tensor2D;
  /** Weighted term of the loss, besides reconstruction. */
  readonly auxiliary?: tf.Scalar;
}

/** Straight-through nearest codes; the codebook is a moving average of its latents. (VQ-VAE, arXiv 1711.00937.) */
export async function codebookQuantization(quantizer: Quantizer, config: VqVaeConfig): Promise<QuantizationInTraining> {
  const codebook = await CodebookTrainer.start(quantizer, config);
  const kept: { latents?: tf.Tensor; ids?: tf.Tensor } = {};
  return {
    async prepare(latents, random) {
      const codes = await lookAhead(codebook, () => comparedLatents(quantizer, latents()), random);
      return (input) => {
        const quantized = quantizeInTraining(quantizer, input, codes);
        kept.latents = tf.keep(quantized.latents);
        kept.ids = tf.keep(quantized.ids);
        const auxiliary = tf.mul(config.commitment_weight, quantized.commitment) as tf.Scalar;
        return { output: quantized.output, auxiliary };
      };
    },
    async update(random) {
      const [latents, ids] = await Promise.all([kept.latents!.data(), kept.ids!.data()]);
      tf.dispose([kept.latents!, kept.ids!]);
      codebook.update(latents as Float32Array, ids, random);
      return new Set(ids).size;
    },
  };
}

/** Straight-through Gumbel-softmax (arXiv 1611.01144) over the memory codes, which are trained by gradient. */
export function memcodesQuantization(quantizer: Memcodes): QuantizationInTraining {
  const { heads } = quantizer;
  const size = quantizer.codes.shape[1]!;
  let noise: tf.Tensor3D | undefined;
  let ids: tf.Tensor | undefined;
  return {
    async prepare(latents, random) {
      const n = tf.tidy(() => latents().shape[0]);
      const gumbel = Float32Array.from({ length: heads * n * size }, () => -Math.log(-Math.log1p(-random.uniform())));
      noise = tf.tensor3d(gumbel, [heads, n, size]);
      return (input) => {
        const quantized = lookUpInTraining(quantizer, input, noise!);
        ids = tf.keep(quantized.ids);
        return { output: quantized.output };
      };
    },
    async update() {
      const used = await ids!.data();
      tf.dispose([noise!, ids!]);
      return new Set(used).size;
    },
  };
}

/**
 * Initialises the codebook by k-means if necessary, and assigns codes on the host if copies of codes require it.
 *
 * @returns the codes, if assigned on the host
 */
async function lookAhead(
  codebook: CodebookTrainer,
  encoded: () => tf.Tensor2D,
  random: Random,
): Promise<Int32Array | undefined> {
  if (!codebook.waiting && !codebook.hasCopies) return undefined;
  const ahead = tf.tidy(encoded);
  const latents = (await ahead.data()) as Float32Array;
  ahead.dispose();
  if (codebook.waiting) codebook.initialize(latents, random);
  return codebook.hasCopies ? codebook.choose(latents) : undefined;
}
