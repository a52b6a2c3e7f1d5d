/** Rotation vectors: the axis times the angle in degrees. They are short enough for an address. */
import { IDENTITY, type Matrix, type Vector } from '../../../src/modalities/people/rotations.js';

const DEGREES = 180 / Math.PI;
/** Below this sine, the axis is computed from the symmetric part of the matrix. */
const NEARLY_HALF_A_TURN = 1e-3;

/** The matrix of a rotation vector (Rodrigues). */
export function matrixOf([x, y, z]: Vector): Matrix {
  const degrees = Math.hypot(x, y, z);
  if (degrees === 0) return IDENTITY;
  const [a, b, c] = [x / degrees, y / degrees, z / degrees];
  const [cos, sin] = [Math.cos(degrees / DEGREES), Math.sin(degrees / DEGREES)];
  const t = 1 - cos;
  return [
    t * a * a + cos,
    t * a * b - sin * c,
    t * a * c + sin * b,
    t * a * b + sin * c,
    t * b * b + cos,
    t * b * c - sin * a,
    t * a * c - sin * b,
    t * b * c + sin * a,
    t * c * c + cos,
  ];
}

/** The rotation vector of a matrix, of 180 degrees at most. */
export function vectorOf(m: Matrix): Vector {
  // The antisymmetric part: twice the sine, times the axis.
  const skew: Vector = [m[7]! - m[5]!, m[2]! - m[6]!, m[3]! - m[1]!];
  const sin = Math.hypot(...skew) / 2;
  const cos = (m[0]! + m[4]! + m[8]! - 1) / 2;
  const degrees = Math.atan2(sin, cos) * DEGREES;
  if (sin > NEARLY_HALF_A_TURN || cos > 0) {
    return sin === 0 ? [0, 0, 0] : scaled(skew, degrees / (2 * sin));
  }
  // Near 180°, the symmetric part is the outer product of the axis with itself, so its longest column is along the axis.
  const columns = [0, 1, 2].map((i): Vector => {
    const at = (row: number) => (m[3 * row + i]! + m[3 * i + row]!) / 2 + (row === i ? 1 : 0);
    return [at(0), at(1), at(2)];
  });
  const [axis] = columns.sort((a, b) => Math.hypot(...b) - Math.hypot(...a)) as [Vector];
  const sign = axis[0] * skew[0] + axis[1] * skew[1] + axis[2] * skew[2] < 0 ? -1 : 1;
  return scaled(axis, (sign * degrees) / Math.hypot(...axis));
}

/** The inverse of a rotation. */
export function transposed(m: Matrix): Matrix {
  return IDENTITY.map((_, i) => m[3 * (i % 3) + Math.floor(i / 3)]!);
}

function scaled([x, y, z]: Vector, factor: number): Vector {
  return [factor * x, factor * y, factor * z];
}
