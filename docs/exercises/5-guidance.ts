/**
 * Guidance by several conditions: from the logits without any condition, a step towards the logits of each one.
 *
 * @param without     logits without conditions, [V]
 * @param conditional logits with each condition, [P][V]
 * @param weights     [P]; a negative one guides away from its condition
 */
export function guided(
  without: readonly number[],
  conditional: readonly (readonly number[])[],
  weights: readonly number[],
): number[] {
  return without.map((base, v) =>
    conditional.reduce((sum, logits, p) => sum + weights[p]! * (logits[v]! - base), base),
  );
}
