/** A singular value decomposition of a small matrix: A = U · diag(values) · Vᵀ. */
export interface Decomposition {
  /** Singular values, descending. */
  readonly values: readonly number[];
  /** Columns of U, each of unit length; all zeros where the singular value is 0. */
  readonly left: readonly Float64Array[];
  /** Columns of V, each of unit length. */
  readonly right: readonly Float64Array[];
}

/** Columns count as orthogonal when the cosine of their angle is at most this. */
const ORTHOGONAL = 1e-15;
/** Sweeps over all pairs of columns; convergence is quadratic, and ten are enough in practice. */
const MAX_SWEEPS = 60;

/**
 * Singular values and vectors by one-sided Jacobi rotations (Hestenes, 1958): accurate to the last digits for small
 * singular values too, in O(n³) a sweep.
 *
 * @param matrix [rows · columns], row by row
 */
export function decompose(matrix: ArrayLike<number>, rows: number, columns: number): Decomposition {
  const a = Array.from({ length: columns }, (_, j) =>
    Float64Array.from({ length: rows }, (_, i) => matrix[i * columns + j]!),
  );
  const v = a.map((_, j) => Float64Array.from({ length: columns }, (_, i) => (i === j ? 1 : 0)));
  let isDone = false;
  for (let sweep = 0; !isDone && sweep < MAX_SWEEPS; sweep++) {
    isDone = true;
    for (let p = 0; p < columns; p++) {
      for (let q = p + 1; q < columns; q++) {
        const [alpha, beta, gamma] = [dot(a[p]!, a[p]!), dot(a[q]!, a[q]!), dot(a[p]!, a[q]!)];
        if (gamma === 0 || Math.abs(gamma) <= ORTHOGONAL * Math.sqrt(alpha * beta)) continue;
        isDone = false;
        const zeta = (beta - alpha) / (2 * gamma);
        const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const cosine = 1 / Math.hypot(1, tangent);
        for (const matrix of [a, v]) rotate(matrix[p]!, matrix[q]!, cosine, cosine * tangent);
      }
    }
  }
  const norms = a.map((column) => Math.sqrt(dot(column, column)));
  const order = [...norms.keys()].sort((i, j) => norms[j]! - norms[i]!);
  return {
    values: order.map((j) => norms[j]!),
    left: order.map((j) => a[j]!.map((value) => (norms[j] === 0 ? 0 : value / norms[j]!))),
    right: order.map((j) => v[j]!),
  };
}

function rotate(p: Float64Array, q: Float64Array, cosine: number, sine: number): void {
  for (let i = 0; i < p.length; i++) {
    const [x, y] = [p[i]!, q[i]!];
    p[i] = cosine * x - sine * y;
    q[i] = sine * x + cosine * y;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
