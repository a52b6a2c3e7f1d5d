/**
 * Tokens that each step of MaskGIT keeps, by the cosine schedule. After step s of S, the fraction (1 + cos(π s / S)) / 2 of the
 * tokens is still masked.
 *
 * @returns one count for each step; they sum to `tokens`
 */
export function cosineCounts(steps: number, tokens: number): number[] {
  const masked = (step: number) => Math.round((tokens * (1 + Math.cos((Math.PI * step) / steps))) / 2);
  return Array.from({ length: steps }, (_, step) => masked(step) - masked(step + 1));
}
