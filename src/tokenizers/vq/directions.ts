/**
 * Nearest code by cosine similarity, bit-exact with the official code on the CPU: dead codes may be replaced by copies of used
 * ones, which then differ by rounding alone, and rounding decides which of the two is nearer.
 */

/**
 * Rows divided by their length, or by 1e-12 if they are shorter. (`F.normalize` officially.)
 *
 * @param rows [n, d], row by row
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
 * Index of the code with the highest cosine similarity to each latent; the lowest index if several are equal. It runs on the
 * host, and adds in the order of the official matrix product (fused multiply-add in single precision), because
 * backends round differently.
 *
 * @param latents [n, d], row by row
 * @param codes   [K, d], row by row
 * @returns       [n], 0 … K − 1
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

/** The official norm keeps this many partial sums, one for each lane of its vector instructions. */
const LANES = 8;

/** In single precision: sums of each lane, their sum, then the values that do not fill a vector, one by one. */
function sumOfSquares(row: Float32Array): number {
  const whole = row.length - (row.length % LANES);
  const lanes = new Float32Array(LANES);
  for (let j = 0; j < whole; j++) lanes[j % LANES]! += Math.fround(row[j]! ** 2);
  let sum = lanes.reduce((a, b) => Math.fround(a + b), 0);
  for (let j = whole; j < row.length; j++) sum = Math.fround(sum + Math.fround(row[j]! ** 2));
  return sum;
}
