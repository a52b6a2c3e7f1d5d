/**
 * One step of DDIM without added noise. The noisy image is √a · clean + √(1 − a) · noise: with the predicted clean image, take the
 * noise out of it, and put both together again at the next noise level.
 *
 * @param a ᾱ now, below 1
 * @param b ᾱ of the next timestep
 */
export function ddimStep(noisy: readonly number[], clean: readonly number[], a: number, b: number): number[] {
  return noisy.map((x, i) => {
    const noise = (x - Math.sqrt(a) * clean[i]!) / Math.sqrt(1 - a);
    return Math.sqrt(b) * clean[i]! + Math.sqrt(1 - b) * noise;
  });
}
