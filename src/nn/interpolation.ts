/**
 * Bicubic interpolation of a grid as a matrix, which any backend can apply with one multiplication. (`F.interpolate`
 * with `mode='bicubic', align_corners=False` officially: kernel parameter a = -0.75, borders repeated, no antialiasing.)
 *
 * @param from  grid of the table, [h, w]
 * @param to    new grid, [h', w']
 * @returns     [h'·w', h·w], row-major; the identity if the grids are equal
 */
export function bicubicMatrix(from: readonly [number, number], to: readonly [number, number]): Float32Array {
  const vertical = bicubicWeights(from[0], to[0]);
  const horizontal = bicubicWeights(from[1], to[1]);
  const matrix = new Float32Array(to[0] * to[1] * from[0] * from[1]);
  let i = 0;
  for (let y = 0; y < to[0]; y++)
    for (let x = 0; x < to[1]; x++)
      for (let v = 0; v < from[0]; v++)
        for (let u = 0; u < from[1]; u++) matrix[i++] = vertical[y * from[0] + v]! * horizontal[x * from[1] + u]!;
  return matrix;
}

/** Resamples the rows of a grid, [h·w, D], with {@link bicubicMatrix}, on the host. [h'·w', D] */
export function interpolateBicubic(
  rows: Float32Array,
  from: readonly [number, number],
  to: readonly [number, number],
): Float32Array {
  const matrix = bicubicMatrix(from, to);
  const [own, wanted] = [from[0] * from[1], to[0] * to[1]];
  const width = rows.length / own;
  const result = new Float32Array(wanted * width);
  for (let i = 0; i < result.length; i++) {
    const [row, column] = [Math.floor(i / width), i % width];
    let sum = 0;
    for (let k = 0; k < own; k++) sum += matrix[row * own + k]! * rows[k * width + column]!;
    result[i] = sum;
  }
  return result;
}

/** Weights along one axis, [to, from]. */
function bicubicWeights(from: number, to: number): Float64Array {
  const a = -0.75;
  const near = (t: number) => ((a + 2) * t - (a + 3)) * t * t + 1;
  const far = (t: number) => ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
  const weights = new Float64Array(to * from);
  for (let i = 0; i < to; i++) {
    const centre = ((i + 0.5) * from) / to - 0.5;
    const first = Math.floor(centre);
    const t = centre - first;
    [far(t + 1), near(t), near(1 - t), far(2 - t)].forEach((weight, k) => {
      const source = Math.min(Math.max(first - 1 + k, 0), from - 1);
      weights[i * from + source]! += weight;
    });
  }
  return weights;
}
