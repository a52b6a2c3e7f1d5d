/** Samples a token from logits, on the host; the reference for the backends' kernels. (`top_k_top_p_filtering`, `sample_tokens`.) */
import { NotFiniteError } from '../errors.js';
import {
  fixedPointProduct,
  fixedPointScale,
  fixedPointWeights,
  toFixedPoint,
} from '../nn/kernels/fixed-point-softmax.js';
import { highestThreshold } from '../nn/kernels/threshold.js';
import { argmax } from '../numeric.js';
import { Random } from '../random.js';

/** Temperature, top-k and top-p. */
export interface SamplingOptions {
  /** Logits are divided by it; 0 is greedy decoding. */
  readonly temperature: number;
  /** Keep this many of the most likely tokens; below 1, this fraction of the vocabulary. 0 or absent keeps all. */
  readonly topK?: number;
  /** Nucleus sampling: keep the most likely tokens with this total probability. 0 or absent keeps all. */
  readonly topP?: number;
}

/** Source of the random numbers of decoding. */
export interface DecodingRandomness {
  /**
   * Numbers in [0, 1), one for every token to sample; undefined for greedy decoding.
   *
   * @param counts tokens of each sample, [B]
   * @returns      of all samples, one after the other
   */
  uniforms(counts: readonly number[]): ArrayLike<number> | undefined;
  /** For each sample a number in [0, 1) for every position of a modality: sorting by it gives the order of ROAR, [B][h·w]. */
  order(samples: number, positions: number): readonly ArrayLike<number>[];
}

/**
 * Random numbers from one generator for the whole batch, and one ROAR order for all samples, as officially; or from a generator for
 * each sample, so that its tokens do not depend on the other samples.
 */
export function decodingRandomness(random: Random | readonly Random[]): DecodingRandomness {
  if (random instanceof Random) {
    return {
      uniforms: (counts) => random.uniforms(counts.reduce((total, count) => total + count, 0)),
      order: (samples, positions) => new Array(samples).fill(random.uniforms(positions)),
    };
  }
  return {
    uniforms: (counts) => counts.flatMap((count, b) => Array.from(random[b]!.uniforms(count))),
    order: (samples, positions) => Array.from({ length: samples }, (_, b) => random[b]!.uniforms(positions)),
  };
}

/** Whether decoding is greedy: temperatures up to 1e-10 count as 0. */
export function isGreedy(temperature: number): boolean {
  return temperature <= 1e-10;
}

/** A sampled token. */
export interface SampledToken {
  readonly id: number;
  /**
   * Its probability among the tokens kept by top-k and top-p. At temperature 0, its probability at temperature 1 (the reference
   * has 1): MaskGIT uses it as confidence.
   */
  readonly probability: number;
}

/**
 * Samples a token.
 *
 * @param logits  [V]
 * @param uniform in [0, 1), with 32 bits; absent, the most likely token is taken, as at temperature 0
 * @throws NotFiniteError if a logit is NaN, or none is finite
 */
export function sampleToken(logits: Float32Array, options: SamplingOptions, uniform?: number): SampledToken {
  const { left, weights, total } = distribution(logits, options);
  const id =
    isGreedy(options.temperature) || uniform === undefined
      ? argmax(left)
      : indexOfMass(weights, fixedPointProduct(total, toFixedPoint(uniform)));
  return { id, probability: weights[id]! / total };
}

/**
 * The tokens of highest probability in the distribution that {@link sampleToken} draws from, the highest first.
 *
 * @param logits [V]
 * @param count  at most; tokens of probability 0 are left out
 * @throws NotFiniteError if a logit is NaN, or none is finite
 */
export function likeliestTokens(logits: Float32Array, options: SamplingOptions, count: number): SampledToken[] {
  const { left, weights, total } = distribution(logits, options);
  const ids = Array.from(left.keys()).filter((id) => weights[id]! > 0);
  ids.sort((a, b) => left[b]! - left[a]! || a - b);
  return ids.slice(0, count).map((id) => ({ id, probability: weights[id]! / total }));
}

/** The logits that are left by the filters, and unnormalised probabilities with their sum. */
function distribution(logits: Float32Array, options: SamplingOptions) {
  const greedy = isGreedy(options.temperature);
  const left = greedy ? logits : filterLogits(logits, options);
  const weights = tokenWeights(left, greedy ? 1 : options.temperature);
  return { left, weights, total: sum(weights) };
}

/**
 * Top-k and top-p filtering, before the temperature. Ties with the last kept token are kept too.
 *
 * @param logits [V]
 * @returns      the logits, -Infinity for filtered tokens
 */
export function filterLogits(
  logits: Float32Array,
  { topK = 0, topP = 0 }: Pick<SamplingOptions, 'topK' | 'topP'>,
): Float32Array {
  let filtered = logits;
  if (topK > 0) {
    const one = new Uint32Array(logits.length).fill(1);
    filtered = keepHighest(filtered, one, topKCount(topK, logits.length) - 1);
  }
  if (topP > 0 && topP < 1) {
    const weights = tokenWeights(filtered);
    filtered = keepHighest(filtered, weights, fixedPointProduct(sum(weights), toFixedPoint(topP)));
  }
  return filtered;
}

/** Number of tokens that `topK` keeps: itself, or below 1 that fraction of the vocabulary. */
export function topKCount(topK: number, vocabulary: number): number {
  return topK < 1 ? Math.max(Math.trunc(topK * vocabulary), 1) : Math.min(Math.trunc(topK), vocabulary);
}

/** Keeps the fewest highest logits whose total mass exceeds a limit; the others become -Infinity. */
function keepHighest(logits: Float32Array, masses: Uint32Array, limit: number): Float32Array {
  const massFrom = (threshold: number) => {
    let mass = 0;
    // A product is faster than an unpredictable branch.
    for (let i = 0; i < logits.length; i++) mass += masses[i]! * Number(logits[i]! >= threshold);
    return mass;
  };
  const threshold = highestThreshold(logits[argmax(logits)]!, massFrom, limit);
  return logits.map((x) => (x < threshold ? -Infinity : x));
}

/** Probabilities of the tokens, [V]. */
export function softmax(logits: Float32Array, temperature = 1): Float32Array {
  const weights = tokenWeights(logits, temperature);
  const total = sum(weights);
  return Float32Array.from(weights, (weight) => weight / total);
}

/** Unnormalised probabilities as integers, [V]. */
function tokenWeights(logits: Float32Array, temperature = 1): Uint32Array {
  const highest = logits[argmax(logits)]!;
  if (!Number.isFinite(highest) || logits.some(Number.isNaN)) throw invalidLogitsError();
  return fixedPointWeights(logits, highest, fixedPointScale(temperature));
}

/** Thrown when a logit is NaN or no logit is finite. */
export function invalidLogitsError(): NotFiniteError {
  return new NotFiniteError(
    'the logits of a token contain NaN or no finite number: there is no distribution to sample from',
  );
}

function sum(values: Uint32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** The first index at which the cumulative sum of the weights exceeds `mass`, which is below their total. */
function indexOfMass(weights: Uint32Array, mass: number): number {
  let index = 0;
  for (let passed = weights[0]!; passed <= mass; passed += weights[index]!) index++;
  return index;
}
