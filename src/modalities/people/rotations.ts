/** Rotations as 3×3 matrices in row order, right-handed. */

/** A position or direction. */
export type Vector = readonly [x: number, y: number, z: number];

/** Nine numbers, row by row. */
export type Matrix = readonly number[];

/** No rotation. */
export const IDENTITY: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** Rotation about an axis of the coordinate system by an angle in degrees; positive angles turn y to z, z to x, x to y. */
export function rotation(axis: 'x' | 'y' | 'z', degrees: number): Matrix {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  if (axis === 'x') return [1, 0, 0, 0, c, -s, 0, s, c];
  if (axis === 'y') return [c, 0, s, 0, 1, 0, -s, 0, c];
  return [c, -s, 0, s, c, 0, 0, 0, 1];
}

/** The product of matrices: the last is applied first. */
export function product(...matrices: readonly Matrix[]): Matrix {
  return matrices.reduce((a, b) =>
    IDENTITY.map((_, i) => {
      const [row, column] = [3 * Math.floor(i / 3), i % 3];
      return a[row]! * b[column]! + a[row + 1]! * b[column + 3]! + a[row + 2]! * b[column + 6]!;
    }),
  );
}

/** Matrix times vector. */
export function applied(m: Matrix, [x, y, z]: readonly [number, number, number]): [number, number, number] {
  return [m[0]! * x + m[1]! * y + m[2]! * z, m[3]! * x + m[4]! * y + m[5]! * z, m[6]! * x + m[7]! * y + m[8]! * z];
}
