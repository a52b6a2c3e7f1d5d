/** Extra components in the iteration, for convergence. */
const SPARE = 5;
const ITERATIONS = 60;

/**
 * Coordinates of vectors along their first principal components, found by subspace iteration. The sign of a component is such
 * that the sum of the cubes of its coordinates is not negative.
 *
 * @param vectors    [n, channels], row by row
 * @param components how many; beyond the rank of the vectors, coordinates are 0
 * @returns          [n, components]
 */
export function principalComponents(vectors: Float32Array, channels: number, components: number): Float32Array {
  const n = vectors.length / channels;
  const centred = Float64Array.from(vectors);
  for (let c = 0; c < channels; c++) {
    let mean = 0;
    for (let i = 0; i < n; i++) mean += vectors[i * channels + c]! / n;
    for (let i = 0; i < n; i++) centred[i * channels + c]! -= mean;
  }
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += centred[i * channels + c]! * centred[j * channels + c]!;
      gram[i * n + j] = sum;
      gram[j * n + i] = sum;
    }
  }
  // The eigenvectors of the Gram matrix, by the roots of their eigenvalues, are the coordinates.
  let basis: Float64Array[] = Array.from({ length: Math.min(components + SPARE, n) }, (_, k) =>
    Float64Array.from({ length: n }, (_, i) => Math.cos(((i + 0.5) * (k + 1) * Math.PI) / n) + 0.01 * Math.sin(i * k)),
  );
  for (let iteration = 0; iteration < ITERATIONS; iteration++) basis = orthonormal(basis.map((v) => times(gram, v)));
  const coordinates = new Float32Array(n * components);
  basis
    .map((vector) => ({ vector, variance: Math.max(0, dot(vector, times(gram, vector))) }))
    .sort((a, b) => b.variance - a.variance)
    .slice(0, components)
    .forEach(({ vector, variance }, k) => {
      const skew = vector.reduce((sum, x) => sum + x ** 3, 0);
      const scale = Math.sqrt(variance) * (skew < 0 ? -1 : 1);
      for (let i = 0; i < n; i++) coordinates[i * components + k] = scale * vector[i]!;
    });
  return coordinates;
}

function times(matrix: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length;
  return vector.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += matrix[i * n + j]! * vector[j]!;
    return sum;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}

/** Gram–Schmidt; a vector that depends on the previous ones becomes 0. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const result: Float64Array[] = [];
  for (const vector of vectors) {
    const length = Math.sqrt(dot(vector, vector));
    const rest = vector.slice();
    for (const other of result) {
      const share = dot(rest, other);
      rest.forEach((x, i) => {
        rest[i] = x - share * other[i]!;
      });
    }
    const left = Math.sqrt(dot(rest, rest));
    result.push(rest.map((x) => (left > 1e-9 * length && left > 0 ? x / left : 0)));
  }
  return result;
}
