/**
 * The set of things that, always predicted, has the best F1 over all scenes together: those that occur most often, as many as
 * make 2 · right / (predicted + true) largest.
 *
 * @param frequencies share of the scenes in which each thing occurs
 * @param total       things that a scene has on average
 * @returns           indices into `frequencies`, the most frequent first
 */
export function bestConstantSet(frequencies: readonly number[], total: number): number[] {
  const order = [...frequencies.keys()].sort((a, b) => frequencies[b]! - frequencies[a]!);
  let best = 0;
  let bestF1 = 0;
  let right = 0;
  order.forEach((thing, i) => {
    right += frequencies[thing]!;
    const f1 = (2 * right) / (i + 1 + total);
    if (f1 > bestF1) [best, bestF1] = [i + 1, f1];
  });
  return order.slice(0, best);
}
