/**
 * One head of attention: each query takes a mean of the values, weighted by the softmax of its scores with the keys.
 *
 * @param queries [M][d]
 * @param keys    [N][d]
 * @param values  [N][d]
 * @param visible whether query m attends to key n
 * @returns       [M][d]
 */
export function attend(
  queries: readonly (readonly number[])[],
  keys: readonly (readonly number[])[],
  values: readonly (readonly number[])[],
  visible: (m: number, n: number) => boolean = () => true,
): number[][] {
  return queries.map((query, m) => {
    const scores = keys.map((key, n) => {
      if (!visible(m, n)) return Number.NEGATIVE_INFINITY;
      return key.reduce((sum, value, i) => sum + value * query[i]!, 0) / Math.sqrt(query.length);
    });
    // Without the largest score subtracted, exp would overflow for large ones.
    const largest = Math.max(...scores);
    const weights = scores.map((score) => Math.exp(score - largest));
    const total = weights.reduce((a, b) => a + b);
    return values[0]!.map((_, i) => weights.reduce((sum, weight, n) => sum + (weight / total) * values[n]![i]!, 0));
  });
}
