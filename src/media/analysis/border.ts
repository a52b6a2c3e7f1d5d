/** Values of a raster beyond its edge, as OpenCV's border types give them. */

/**
 * How a row `a b c d` continues beyond its ends.
 *
 * - `reflect-101`: `c b | a b c d | c b` (OpenCV's default)
 * - `reflect`: `b a | a b c d | d c` (`symmetric` in NumPy and scikit-image)
 * - `replicate`: `a a | a b c d | d d`
 */
export type Border = 'reflect-101' | 'reflect' | 'replicate';

/**
 * The index inside a row that stands for an index outside of it.
 *
 * @param index any whole number
 * @param size  length of the row, at least 1
 * @returns     0 … size − 1; `index` itself where it is inside
 */
export function borderIndex(index: number, size: number, border: Border): number {
  if (index >= 0 && index < size) return index;
  if (border === 'replicate' || size === 1) return index < 0 ? 0 : size - 1;
  const shift = border === 'reflect' ? 1 : 0;
  const period = 2 * (size - 1 + shift);
  const at = ((index % period) + period) % period;
  return at < size ? at : period - shift - at;
}
