/**
 * Sine-cosine table of positions in a sequence (4M, appendix; `build_1d_sincos_posemb` officially).
 *
 * @param width D, even: the first half holds sines, the second cosines
 * @returns     [length, D]
 */
export function sequencePositions(length: number, width: number): Float32Array {
  const table = new Float32Array(length * width);
  for (let n = 0; n < length; n++) fillSinesCosines(table.subarray(n * width, (n + 1) * width), n);
  return table;
}

/**
 * Sine-cosine table of positions in a grid (`build_2d_sincos_posemb` officially).
 *
 * Entry p encodes (p div h, p mod h), although tokens are in row-major order, (p div w, p mod w): the axes are swapped, which makes
 * no difference for square grids. This is kept, since the published models were trained with it.
 *
 * @param width D, divisible by 4: a quarter each of sines and cosines of the first coordinate, then of the second
 * @returns     [h·w, D]
 */
export function gridPositions(h: number, w: number, width: number): Float32Array {
  const table = new Float32Array(h * w * width);
  for (let p = 0; p < h * w; p++) {
    const row = table.subarray(p * width, (p + 1) * width);
    fillSinesCosines(row.subarray(0, width / 2), Math.floor(p / h));
    fillSinesCosines(row.subarray(width / 2), p % h);
  }
  return table;
}

/** Sines of `position` at decreasing frequencies, then the cosines, in single precision as officially. */
function fillSinesCosines(row: Float32Array, position: number): void {
  const half = row.length / 2;
  for (let i = 0; i < half; i++) {
    const frequency = Math.fround(1 / Math.fround(10000 ** Math.fround(i / half)));
    const angle = Math.fround(position * frequency);
    row[i] = Math.sin(angle);
    row[half + i] = Math.cos(angle);
  }
}
