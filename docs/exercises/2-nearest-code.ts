/**
 * The code that is most similar to a latent by the cosine of the angle between them.
 *
 * @param codes [K][d]
 * @returns     its index
 */
export function nearestCode(latent: readonly number[], codes: readonly (readonly number[])[]): number {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  // The length of the latent is the same for all codes, so it does not matter.
  const similarities = codes.map((code) => dot(latent, code) / Math.sqrt(dot(code, code)));
  return similarities.indexOf(Math.max(...similarities));
}
