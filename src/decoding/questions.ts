import * as tf from '@tensorflow/tfjs-core';
import { MOST_SAMPLED, SAMPLE, type SampleAttributes, type SampleInputs } from '../nn/kernels/kernel.js';
import { weightScale, wholeShare } from '../nn/kernels/whole-weights.js';
import {
  type Draws,
  isGreedy,
  keptCount,
  noDistribution,
  type SampledToken,
  type SamplingOptions,
  sampleToken,
} from './sampling.js';

/** What is wanted of logits, which lie on the device: no more is read back than the answer takes. */
export interface Question<Answer> {
  /** @param logits [R, V] */
  ask(logits: tf.Tensor2D): tf.Tensor;
  /** @param values of the tensor that `ask` gave */
  answer(values: Float32Array | Int32Array): Answer;
}

/** The logits themselves, [R, V]. */
export const allLogits: Question<Float32Array> = {
  ask: (logits) => logits,
  answer: (values) => values as Float32Array,
};

/** The likeliest token of each row, [R]. */
export const likeliestIds: Question<Int32Array> = {
  ask: (logits) => tf.argMax(logits, 1),
  answer: (values) => values as Int32Array,
};

/**
 * A token for each row, drawn where the logits are if the backend can do that, and otherwise on the host.
 *
 * @param rows how many there are
 */
export function drawnTokens(
  rows: number,
  options: SamplingOptions & { readonly draws: Draws },
): Question<SampledToken[]> {
  const uniforms = isGreedy(options.temperature) ? undefined : options.draws.uniforms(rows);
  return {
    ask: (logits) => (drawsOnDevice(logits) ? drawOnDevice(logits, options, uniforms) : logits),
    answer: (values) => (values instanceof Int32Array ? tokensOf(values) : drawOnHost(values, rows, options, uniforms)),
  };
}

function drawOnHost(
  logits: Float32Array,
  rows: number,
  options: SamplingOptions,
  uniforms: ArrayLike<number> | undefined,
): SampledToken[] {
  const width = logits.length / rows;
  const row = (r: number) => logits.subarray(r * width, (r + 1) * width);
  return Array.from({ length: rows }, (_, r) => sampleToken(row(r), options, uniforms?.[r]));
}

function drawsOnDevice(logits: tf.Tensor2D): boolean {
  return tf.getKernel(SAMPLE, tf.getBackend()) !== undefined && logits.shape[1] <= MOST_SAMPLED;
}

function drawOnDevice(
  logits: tf.Tensor2D,
  options: SamplingOptions,
  uniforms: ArrayLike<number> | undefined,
): tf.Tensor {
  const { topK = 0, topP = 0, temperature } = options;
  const greedy = isGreedy(temperature);
  const vocabulary = logits.shape[1];
  const attributes: SampleAttributes = {
    count: topK > 0 && !greedy ? keptCount(topK, vocabulary) : vocabulary,
    share: topP > 0 && topP < 1 && !greedy ? wholeShare(topP) : 2 ** 32,
    scale: weightScale(greedy ? 1 : temperature),
    plainScale: weightScale(1),
  };
  return tf.tidy(() => {
    // Beyond 2^31, the bits of an unsigned number are those of a negative one.
    const bits = uniforms && tf.tensor1d(Int32Array.from(uniforms, wholeShare), 'int32');
    const inputs: { [Name in keyof SampleInputs]: tf.Tensor } = { logits, ...(bits && { uniforms: bits }) };
    return tf.engine().runKernel(SAMPLE, inputs as tf.NamedTensorMap, attributes as unknown as tf.NamedAttrMap);
  }) as tf.Tensor;
}

/** Reads the result of {@link SAMPLE}. */
function tokensOf(values: Int32Array): SampledToken[] {
  return Array.from({ length: values.length / 4 }, (_, r) => {
    const [id, weight, high, low] = values.subarray(4 * r, 4 * r + 4) as unknown as [number, number, number, number];
    if (id < 0) throw noDistribution();
    return { id, probability: weight / (high * 2 ** 16 + low) };
  });
}
