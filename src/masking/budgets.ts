import { argmax } from '../numeric.js';
/**
 * How many tokens each modality may show and must predict in a training sample: a total shared out by a draw from a
 * Dirichlet distribution. (4M, section 3.2; `input_token_budget` and `target_token_budget` officially.)
 */
import type { Random } from '../random.js';

/** Below this an alpha counts as zero: the modality practically never receives a token. */
const MIN_ALPHA = 1e-9;

/**
 * Shares that sum to 1, drawn from a Dirichlet distribution.
 *
 * @param alphas one concentration per modality, ≥ 0; large ones share evenly, small ones give nearly all to one modality
 * @returns      one share per modality, in [0, 1]
 */
export function sampleDirichlet(alphas: readonly number[], random: Random): Float64Array {
  // Gamma draws of tiny alphas underflow, so they stay logarithms until the largest has been divided out.
  const logGammas = alphas.map((alpha) => logGamma(Math.max(alpha, MIN_ALPHA), random));
  const largest = Math.max(...logGammas);
  const relative = Float64Array.from(logGammas, (value) => Math.exp(value - largest));
  const sum = relative.reduce((total, value) => total + value, 0);
  return relative.map((value) => value / sum);
}

/** How often budgets are drawn anew for the sake of the modalities that want a least number of tokens. */
const MAX_TRIES = 100;

/**
 * Shares a number of tokens out to modalities, each at most its cap; what is cut off at a cap is lost, so the budgets may
 * sum to less than the total.
 *
 * @param total how many tokens there are to give
 * @param caps  the most tokens that each modality can take
 * @param draw  gives a fresh vector of shares, one per modality, at every call
 * @param least the fewest tokens that each modality should get: budgets are drawn up to 100 times until all have theirs
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
  // Rounding down leaves a few tokens; each goes to the winner of a draw of its own, never to a modality of alpha zero.
  for (let i = 0; i < leftover; i++) {
    const winner = argmax(draw());
    budgets[winner] = budgets[winner]! + 1;
  }
  return budgets.map((tokens, m) => Math.min(tokens, caps[m]!));
}

/**
 * The most target tokens each modality can take once the input is chosen. A position of an image is input or target but
 * not both; a sequence has room for a full input and a full target beside each other.
 */
export function targetCaps(
  modalities: readonly { isImage: boolean; maxTokens: number }[],
  inputBudgets: readonly number[],
): number[] {
  return modalities.map(({ isImage, maxTokens }, m) => (isImage ? maxTokens - inputBudgets[m]! : maxTokens));
}

/** The logarithm of a draw from the gamma distribution of shape alpha and scale 1 (Marsaglia and Tsang, 2000). */
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
