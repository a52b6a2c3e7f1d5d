/** From logits to a token, on the host, so that every backend draws the same. (`top_k_top_p_filtering`, `sample_tokens`.) */
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
export interface Draws {
  /** Draws an index of a distribution. */
  category(probabilities: Float32Array): number;
  /** One number in [0, 1) for every position of a modality: the order in which ROAR decides them. */
  order(count: number): ArrayLike<number>;
}

/** All draws from one generator: one number for every token. */
export function randomDraws(random: Random): Draws {
  return {
    category: (probabilities) => inverseCdf(probabilities, random.uniform()),
    order: (count) => random.uniforms(count),
  };
}

/** Whether the likeliest token is taken: temperatures up to 1e-10 are 0. */
export function isGreedy(temperature: number): boolean {
  return temperature <= 1e-10;
}

/**
 * Draws a token.
 *
 * @param logits [V]
 * @returns      its id, and its probability among the tokens that were left to draw from. At temperature 0 the probability is
 *               the model's own, where the reference says 1: MaskGIT ranks by it
 */
export function sampleToken(
  logits: Float32Array,
  options: SamplingOptions,
  draws: Draws,
): { id: number; probability: number } {
  if (isGreedy(options.temperature)) {
    const id = argmax(logits);
    return { id, probability: softmax(logits)[id]! };
  }
  const probabilities = softmax(filterLogits(logits, options), options.temperature);
  const id = draws.category(probabilities);
  return { id, probability: probabilities[id]! };
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
    const count = topK < 1 ? Math.max(Math.trunc(topK * logits.length), 1) : Math.min(topK, logits.length);
    const threshold = Float32Array.from(filtered).sort()[logits.length - count]!;
    filtered = filtered.map((x) => (x < threshold ? -Infinity : x));
  }
  if (topP > 0) {
    const threshold = nucleusThreshold(filtered, topP);
    filtered = filtered.map((x) => (x < threshold ? -Infinity : x));
  }
  return filtered;
}

/** How far below the highest logit the nucleus is looked for, in turn: most are near the top, and only they need sorting. */
const DEPTHS = [4, 8, 16, 32];

/** The lowest of the highest logits that together have the probability: the one with which the sum first passes it. */
function nucleusThreshold(logits: Float32Array, probability: number): number {
  const highest = logits[argmax(logits)]!;
  let mass = 0;
  for (const x of logits) mass += Math.exp(x - highest);
  for (const depth of DEPTHS) {
    const descending = logits
      .filter((x) => x >= highest - depth)
      .sort()
      .reverse();
    let kept = 0;
    for (const x of descending) {
      kept += Math.exp(x - highest) / mass;
      if (kept > probability) return x;
    }
  }
  return -Infinity;
}

/** Probabilities of the tokens, [V]. */
export function softmax(logits: Float32Array, temperature = 1): Float32Array {
  const highest = logits[argmax(logits)]!;
  const weights = new Float64Array(logits.length);
  let total = 0;
  for (let i = 0; i < logits.length; i++) {
    weights[i] = Math.exp((logits[i]! - highest) / temperature);
    total += weights[i]!;
  }
  const probabilities = new Float32Array(logits.length);
  for (let i = 0; i < logits.length; i++) probabilities[i] = weights[i]! / total;
  return probabilities;
}

/** The index at which the running sum of probabilities passes `uniform`, a number in [0, 1). */
export function inverseCdf(probabilities: Float32Array, uniform: number): number {
  let total = 0;
  for (const p of probabilities) total += p;
  let sum = 0;
  let lastPossible = 0;
  for (let i = 0; i < probabilities.length; i++) {
    sum += probabilities[i]!;
    if (sum / total > uniform) return i;
    if (probabilities[i]! > 0) lastPossible = i;
  }
  return lastPossible;
}

/** The index of the largest value, the first if there are several. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
