/** Cosine nearest neighbour in single precision, bit-exact with the official code, which decides between copied codes. */

/**
 * Every row scaled to length 1; rows shorter than 1e-12 are divided by 1e-12 (`F.normalize` officially). In single
 * precision, bit-exact with the official code.
 */
export function normalizedRows(rows: Float32Array, d: number): Float32Array {
  const result = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += d) {
    const squared = sumOfSquares(rows.subarray(start, start + d));
    const length = Math.max(Math.fround(Math.sqrt(squared)), 1e-12);
    for (let j = 0; j < d; j++) result[start + j] = rows[start + j]! / length;
  }
  return result;
}

/**
 * The code with the highest cosine similarity to each latent; the first of equal ones. Replaced dead codes differ from their
 * originals by rounding alone, so this sums in single precision and in the order of the official matrix product (each product
 * exact, each sum rounded); a backend would decide by its own rounding.
 *
 * @param latents [n, d]
 * @param codes   [K, d]
 */
export function nearestDirections(latents: Float32Array, codes: Float32Array, d: number): Int32Array {
  const [samples, directions] = [normalizedRows(latents, d), normalizedRows(codes, d)];
  return Int32Array.from({ length: samples.length / d }, (_, n) => {
    let [best, nearest] = [Number.NEGATIVE_INFINITY, 0];
    for (let code = 0; code < directions.length / d; code++) {
      let alike = 0;
      for (let j = 0; j < d; j++) alike = Math.fround(alike + samples[n * d + j]! * directions[code * d + j]!);
      if (alike > best) [best, nearest] = [alike, code];
    }
    return nearest;
  });
}

/** Parallel partial sums of the official norm: the width of its vector instructions. */
const LANES = 8;

/** In single precision: the lanes in parallel, then the sum over lanes, then the remaining values. */
function sumOfSquares(row: Float32Array): number {
  const whole = row.length - (row.length % LANES);
  const lanes = new Float32Array(LANES);
  for (let j = 0; j < whole; j++) lanes[j % LANES]! += Math.fround(row[j]! ** 2);
  let sum = lanes.reduce((a, b) => Math.fround(a + b), 0);
  for (let j = whole; j < row.length; j++) sum = Math.fround(sum + Math.fround(row[j]! ** 2));
  return sum;
}
