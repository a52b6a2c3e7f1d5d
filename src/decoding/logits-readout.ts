import * as tf from '@tensorflow/tfjs-core';
import { argMaxOfFinite, NOT_FINITE } from '../nn/arg-max.js';
import {
  MAX_SAMPLED_VOCABULARY,
  SAMPLE,
  type SampleAttributes,
  type SampleInputs,
} from '../nn/kernels/declarations.js';
import { fixedPointScale, toFixedPoint } from '../nn/kernels/fixed-point-softmax.js';
import type { FourM } from '../transformer/model.js';
import type { Passes } from './guidance.js';
import {
  type DecodingRandomness,
  invalidLogitsError,
  isGreedy,
  likeliestTokens,
  type SampledToken,
  type SamplingOptions,
  sampleToken,
  topKCount,
} from './sampling.js';
import type { GeneratedToken } from './step.js';
import { attentionReader, type ReadAttention, type TokenDetails } from './token-details.js';

/** A reduction of logits on the device, so that only its result is read back: all logits, the argmax, or sampled tokens. */
export interface LogitsReadout<Output> {
  /** On the device. @param logits [R, V] */
  reduce(logits: tf.Tensor2D): tf.Tensor;
  /** On the host. @param values of the tensor from `reduce` */
  parse(values: Float32Array | Int32Array): Output;
}

/** Output of the decoder, still on the device. */
export interface DecodedLogits {
  /** From {@link LogitsReadout.reduce}. */
  readonly reduced: tf.Tensor;
  /** From `decode`, [P·B, M, N]; absent unless requested. */
  readonly shares?: tf.Tensor3D;
}

/**
 * Reads the decoder's output back from the device.
 *
 * @param tokens M, tokens of a sample
 */
export async function readOut<Output>(
  { reduced, shares }: DecodedLogits,
  readout: LogitsReadout<Output>,
  model: FourM,
  passes: Passes,
  tokens: number,
): Promise<{ output: Output; attention?: ReadAttention }> {
  const values = (await shares?.data()) as Float32Array | undefined;
  const output = readout.parse((await reduced.data()) as Float32Array | Int32Array);
  return { output, ...(values && { attention: attentionReader(model, passes, values, tokens) }) };
}

/** The logits themselves, [R, V]. */
export const allLogits: LogitsReadout<Float32Array> = {
  reduce: (logits) => logits,
  parse: (values) => values as Float32Array,
};

/** The most likely token of each row, [R]. Throws NotFiniteError for logits that are not finite. */
export const argmaxIds: LogitsReadout<Int32Array> = {
  reduce: (logits) => argMaxOfFinite(logits),
  parse(values) {
    if (values.includes(NOT_FINITE)) throw invalidLogitsError();
    return values as Int32Array;
  },
};

/** Options of {@link sampledTokens}. */
export interface SampledTokensOptions extends SamplingOptions {
  readonly randomness: Pick<DecodingRandomness, 'uniforms'>;
  readonly details?: TokenDetails | undefined;
}

/**
 * A token sampled for each row: on the device if the backend has the kernel {@link SAMPLE} and no alternatives are needed, otherwise
 * on the host.
 *
 * @param counts rows of each sample, [B]
 */
export function sampledTokens(
  counts: readonly number[],
  options: SampledTokensOptions,
): LogitsReadout<Pick<GeneratedToken, 'id' | 'probability' | 'alternatives'>[]> {
  const uniforms = isGreedy(options.temperature) ? undefined : options.randomness.uniforms(counts);
  const rows = counts.reduce((total, count) => total + count, 0);
  const onHost = options.details?.alternatives !== undefined;
  return {
    reduce: (logits) => (canSampleOnDevice(logits) && !onHost ? sampleOnDevice(logits, options, uniforms) : logits),
    parse: (values) =>
      values instanceof Int32Array ? parseSampledTokens(values) : sampleOnHost(values, rows, options, uniforms),
  };
}

function sampleOnHost(
  logits: Float32Array,
  rows: number,
  options: SampledTokensOptions,
  uniforms: ArrayLike<number> | undefined,
): Pick<GeneratedToken, 'id' | 'probability' | 'alternatives'>[] {
  const width = logits.length / rows;
  const count = options.details?.alternatives;
  return Array.from({ length: rows }, (_, r) => {
    const row = logits.subarray(r * width, (r + 1) * width);
    const token = sampleToken(row, options, uniforms?.[r]);
    return count === undefined ? token : { ...token, alternatives: likeliestTokens(row, options, count) };
  });
}

function canSampleOnDevice(logits: tf.Tensor2D): boolean {
  return tf.getKernel(SAMPLE, tf.getBackend()) !== undefined && logits.shape[1] <= MAX_SAMPLED_VOCABULARY;
}

function sampleOnDevice(
  logits: tf.Tensor2D,
  options: SamplingOptions,
  uniforms: ArrayLike<number> | undefined,
): tf.Tensor {
  const { topK = 0, topP = 0, temperature } = options;
  const greedy = isGreedy(temperature);
  const vocabulary = logits.shape[1];
  const attributes: SampleAttributes = {
    topK: topK > 0 && !greedy ? topKCount(topK, vocabulary) : vocabulary,
    topP: topP > 0 && topP < 1 && !greedy ? toFixedPoint(topP) : 2 ** 32,
    scale: fixedPointScale(greedy ? 1 : temperature),
    unitScale: fixedPointScale(1),
  };
  return tf.tidy(() => {
    // int32 holds the bits of the unsigned number.
    const bits = uniforms && tf.tensor1d(Int32Array.from(uniforms, toFixedPoint), 'int32');
    const inputs: { [Name in keyof SampleInputs]: tf.Tensor } = { logits, ...(bits && { uniforms: bits }) };
    return tf.engine().runKernel(SAMPLE, inputs as tf.NamedTensorMap, attributes as unknown as tf.NamedAttrMap);
  }) as tf.Tensor;
}

/** Decodes the result of {@link SAMPLE}. */
function parseSampledTokens(values: Int32Array): SampledToken[] {
  return Array.from({ length: values.length / 4 }, (_, r) => {
    const [id, weight, high, low] = values.subarray(4 * r, 4 * r + 4) as unknown as [number, number, number, number];
    if (id < 0) throw invalidLogitsError();
    return { id, probability: weight / (high * 2 ** 16 + low) };
  });
}
