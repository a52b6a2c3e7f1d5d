import { argmax } from '../numeric.js';
/**
 * Token budgets: how many input and target tokens each modality gets in a training sample. The total is split by shares drawn
 * from a Dirichlet distribution. (4M, masking; `input_token_budget` and `target_token_budget` officially.)
 */
import type { Random } from '../random.js';

/** Below this an alpha counts as zero: the modality practically never receives a token. */
const MIN_ALPHA = 1e-9;

/**
 * Shares that sum to 1, drawn from a Dirichlet distribution.
 *
 * @param alphas one concentration per modality, ≥ 0; large values give equal shares, small ones nearly all to one modality
 * @returns      one share per modality, in [0, 1]
 */
export function sampleDirichlet(alphas: readonly number[], random: Random): Float64Array {
  // Gamma samples of tiny alphas underflow, so their logarithms are normalised by the largest before exponentiation.
  const logGammas = alphas.map((alpha) => logGamma(Math.max(alpha, MIN_ALPHA), random));
  const largest = Math.max(...logGammas);
  const relative = Float64Array.from(logGammas, (value) => Math.exp(value - largest));
  const sum = relative.reduce((total, value) => total + value, 0);
  return relative.map((value) => value / sum);
}

/** Attempts to draw budgets that respect the minimums. */
const MAX_TRIES = 100;

/**
 * Splits a number of tokens among modalities. Tokens above a modality's maximum are lost, so the budgets may sum to less than
 * the total.
 *
 * @param total number of tokens
 * @param caps  maximum of each modality
 * @param draw  returns a new vector of shares, one per modality, at every call
 * @param least minimum of each modality: budgets are drawn up to 100 times until all minimums are met
 * @returns     tokens per modality
 */
export function allocateBudgets(
  total: number,
  caps: readonly number[],
  draw: () => ArrayLike<number>,
  least: readonly number[] = caps.map(() => 0),
): number[] {
  let budgets = allocateOnce(total, caps, draw);
  for (let tries = 1; tries < MAX_TRIES && budgets.some((tokens, m) => tokens < least[m]!); tries++) {
    budgets = allocateOnce(total, caps, draw);
  }
  return budgets;
}

function allocateOnce(total: number, caps: readonly number[], draw: () => ArrayLike<number>): number[] {
  // Single precision, in which the published budgets are computed.
  const budgets = Array.from(draw(), (share) => Math.floor(Math.fround(share * total)));
  const leftover = total - budgets.reduce((sum, tokens) => sum + tokens, 0);
  // Each token left by rounding down goes to the largest share of a new draw, so never to a modality of alpha zero.
  for (let i = 0; i < leftover; i++) {
    const winner = argmax(draw());
    budgets[winner] = budgets[winner]! + 1;
  }
  return budgets.map((tokens, m) => Math.min(tokens, caps[m]!));
}

/**
 * Maximum target tokens of each modality, given its input tokens. A position of an image is input or target, not both; a
 * sequence can have a full input and a full target.
 */
export function targetCaps(
  modalities: readonly { isImage: boolean; maxTokens: number }[],
  inputBudgets: readonly number[],
): number[] {
  return modalities.map(({ isImage, maxTokens }, m) => (isImage ? maxTokens - inputBudgets[m]! : maxTokens));
}

/** Logarithm of a sample of the gamma distribution with shape alpha and scale 1 (Marsaglia and Tsang, 2000). */
function logGamma(alpha: number, random: Random): number {
  if (alpha < 1) return logGamma(alpha + 1, random) + Math.log(1 - random.uniform()) / alpha;
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    const u = 1 - random.uniform();
    if (v > 0 && Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}
