/** From logits to a token, on the host: what every backend's own kernel is held to. (`top_k_top_p_filtering`, `sample_tokens`.) */
import { FourMError } from '../errors.js';
import {
  fixedPointProduct,
  fixedPointScale,
  fixedPointWeights,
  toFixedPoint,
} from '../nn/kernels/fixed-point-softmax.js';
import { highestThreshold } from '../nn/kernels/threshold.js';
import type { Random } from '../random.js';

/** How a token is drawn. */
export interface SamplingOptions {
  /** Logits are divided by it: 0 takes the likeliest token, 1 draws as the model believes. */
  readonly temperature: number;
  /** Keep only so many of the likeliest tokens; below 1, that share of the vocabulary. 0 or absent keeps all. */
  readonly topK?: number;
  /** Keep only the likeliest tokens that together have this probability. 0 or absent keeps all. */
  readonly topP?: number;
}

/** Where decoding takes its randomness from. */
export interface DecodingRandomness {
  /** A number in [0, 1) for every token that is drawn; undefined takes the likeliest ones. */
  uniforms(count: number): ArrayLike<number> | undefined;
  /** A number in [0, 1) for every position of a modality: the order in which ROAR decides them. */
  order(count: number): ArrayLike<number>;
}

/** All draws from one generator: one number for every token. */
export function decodingRandomness(random: Random): DecodingRandomness {
  return { uniforms: (count) => random.uniforms(count), order: (count) => random.uniforms(count) };
}

/** Whether the likeliest token is taken: temperatures up to 1e-10 are 0. */
export function isGreedy(temperature: number): boolean {
  return temperature <= 1e-10;
}

/** A token that was drawn. */
export interface SampledToken {
  readonly id: number;
  /**
   * Its probability among the tokens that were left to draw from. At temperature 0 it is the model's own, where the reference
   * says 1: MaskGIT ranks by it.
   */
  readonly probability: number;
}

/**
 * Draws a token.
 *
 * @param logits  [V]
 * @param uniform in [0, 1), to 32 bits; absent, the likeliest token is taken, as it is at temperature 0
 * @throws FourMError when a logit is no number, or none is finite
 */
export function sampleToken(logits: Float32Array, options: SamplingOptions, uniform?: number): SampledToken {
  const greedy = isGreedy(options.temperature);
  const left = greedy ? logits : filterLogits(logits, options);
  const weights = tokenWeights(left, greedy ? 1 : options.temperature);
  const total = sum(weights);
  const id =
    greedy || uniform === undefined
      ? argmax(left)
      : indexOfMass(weights, fixedPointProduct(total, toFixedPoint(uniform)));
  return { id, probability: weights[id]! / total };
}

/**
 * Rules unlikely tokens out, before any temperature. Tokens as likely as the last one kept are kept too.
 *
 * @param logits [V]
 * @returns      the logits, -Infinity where ruled out
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

/** How many tokens `topK` keeps: so many, or that share of the vocabulary. */
export function topKCount(topK: number, vocabulary: number): number {
  return topK < 1 ? Math.max(Math.trunc(topK * vocabulary), 1) : Math.min(Math.trunc(topK), vocabulary);
}

/** As few of the highest logits as make up more than enough, by their amounts; the others are -Infinity. */
function keepHighest(logits: Float32Array, amounts: Uint32Array, enough: number): Float32Array {
  const amountFrom = (threshold: number) => {
    let amount = 0;
    // A product is faster than a branch that goes either way.
    for (let i = 0; i < logits.length; i++) amount += amounts[i]! * Number(logits[i]! >= threshold);
    return amount;
  };
  const threshold = highestThreshold(logits[argmax(logits)]!, amountFrom, enough);
  return logits.map((x) => (x < threshold ? -Infinity : x));
}

/** Probabilities of the tokens, [V]. */
export function softmax(logits: Float32Array, temperature = 1): Float32Array {
  const weights = tokenWeights(logits, temperature);
  const total = sum(weights);
  return Float32Array.from(weights, (weight) => weight / total);
}

/** Whole numbers in the ratio of the tokens' probabilities, [V]. */
function tokenWeights(logits: Float32Array, temperature = 1): Uint32Array {
  const highest = logits[argmax(logits)]!;
  if (!Number.isFinite(highest) || logits.some(Number.isNaN)) throw invalidLogitsError();
  return fixedPointWeights(logits, highest, fixedPointScale(temperature));
}

/** What is thrown where the model's answer says nothing. */
export function invalidLogitsError(): FourMError {
  return new FourMError('the logits of a token hold NaN or no finite number, where a distribution was expected');
}

function sum(values: Uint32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** The index at which the running sum of the weights passes the amount, which is below their total. */
function indexOfMass(weights: Uint32Array, amount: number): number {
  let index = 0;
  for (let passed = weights[0]!; passed <= amount; passed += weights[index]!) index++;
  return index;
}

/** The index of the largest value, the first if there are several. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
