/**
 * Representations of rotations in human pose datasets and estimators: axis-angle, matrix, quaternion, six numbers.
 * Matrices are nine numbers in row order and rotate column vectors, v′ = R v; angles are in radians.
 */
import { decompose } from './svd.js';

/** Three numbers: a point, a direction, or an axis times an angle. */
export type Vector = readonly [number, number, number];
/** A 3 × 3 matrix, row by row. */
export type Matrix3 = readonly number[];
/** A unit quaternion, the real part first; w ≥ 0, since q and −q are one rotation. */
export type Quaternion = readonly [w: number, x: number, y: number, z: number];

/**
 * Layout of the six numbers of a rotation in its matrix (6D representation; Zhou et al., 2019):
 *
 * - `columns`: the first column, then the second
 * - `interleaved`: the first two columns, row by row (a 3 × 2 matrix; HMR and its successors)
 * - `rows`: the first row, then the second
 */
export type SixNumbers = 'columns' | 'interleaved' | 'rows';

/** The matrix elements of each layout, as indices in row order. */
const LAYOUTS: Readonly<Record<SixNumbers, readonly number[]>> = {
  columns: [0, 3, 6, 1, 4, 7],
  interleaved: [0, 1, 3, 4, 6, 7],
  rows: [0, 1, 2, 3, 4, 5],
};

/** Below this angle, functions are computed by the first terms of their series. */
const SMALL_ANGLE = 1e-3;
/** Closer than this to a pitch of ±90°, roll and yaw are not distinguishable. */
const GIMBAL_LOCK = 1e-7;
/** Singular vectors with a smaller fraction of the largest singular value are not used. */
const MIN_SINGULAR = 1e-14;

/**
 * The quaternion of a rotation.
 *
 * @param rotation axis times angle
 */
export function axisAngleToQuaternion([x, y, z]: Vector): Quaternion {
  const angle = Math.hypot(x, y, z);
  const scale = angle < SMALL_ANGLE ? 0.5 - angle ** 2 / 48 + angle ** 4 / 3840 : Math.sin(angle / 2) / angle;
  return withPositiveReal([Math.cos(angle / 2), x * scale, y * scale, z * scale]);
}

/** Axis times angle, 0 ≤ angle ≤ π. At π, the axis may be either of two opposite ones. */
export function quaternionToAxisAngle(quaternion: Quaternion): Vector {
  const [w, x, y, z] = withPositiveReal(quaternion);
  const length = Math.hypot(x, y, z);
  const angle = 2 * Math.atan2(length, w);
  const scale = angle < SMALL_ANGLE ? 2 + angle ** 2 / 12 + (7 * angle ** 4) / 2880 : angle / length;
  return [x * scale, y * scale, z * scale];
}

/** The matrix of a rotation. */
export function quaternionToMatrix([w, x, y, z]: Quaternion): Matrix3 {
  return [
    w * w + x * x - y * y - z * z,
    2 * (x * y - z * w),
    2 * (x * z + y * w),
    2 * (x * y + z * w),
    w * w - x * x + y * y - z * z,
    2 * (y * z - x * w),
    2 * (x * z - y * w),
    2 * (y * z + x * w),
    w * w - x * x - y * y + z * z,
  ];
}

/**
 * The quaternion of a rotation.
 *
 * @param m a rotation; the result for other matrices is arbitrary
 */
export function matrixToQuaternion(m: Matrix3): Quaternion {
  const [xx, yy, zz] = [m[0]!, m[4]!, m[8]!];
  // Each row has one squared component; the largest is the divisor.
  const candidates: Quaternion[] = [
    [1 + xx + yy + zz, m[7]! - m[5]!, m[2]! - m[6]!, m[3]! - m[1]!],
    [m[7]! - m[5]!, 1 + xx - yy - zz, m[1]! + m[3]!, m[2]! + m[6]!],
    [m[2]! - m[6]!, m[1]! + m[3]!, 1 - xx + yy - zz, m[5]! + m[7]!],
    [m[3]! - m[1]!, m[2]! + m[6]!, m[5]! + m[7]!, 1 - xx - yy + zz],
  ];
  const squares = candidates.map((candidate, i) => candidate[i]!);
  const best = candidates[squares.indexOf(Math.max(...squares))]!;
  const length = Math.hypot(...best);
  return withPositiveReal(best.map((part) => part / length) as unknown as Quaternion);
}

/** Rodrigues' formula. */
export function axisAngleToMatrix(rotation: Vector): Matrix3 {
  return quaternionToMatrix(axisAngleToQuaternion(rotation));
}

/** Axis times angle, 0 ≤ angle ≤ π. @param matrix a rotation */
export function matrixToAxisAngle(matrix: Matrix3): Vector {
  return quaternionToAxisAngle(matrixToQuaternion(matrix));
}

/** The six numbers of a rotation. */
export function matrixToSix(matrix: Matrix3, layout: SixNumbers): number[] {
  return LAYOUTS[layout].map((element) => matrix[element]!);
}

/**
 * The rotation of any six numbers, by Gram–Schmidt: the first vector keeps its direction, the second is made perpendicular
 * to it, the third is their cross product.
 */
export function sixToMatrix(six: ArrayLike<number>, layout: SixNumbers): Matrix3 {
  const part = new Array<number>(9).fill(0);
  LAYOUTS[layout].forEach((element, i) => {
    part[element] = six[i]!;
  });
  const stride = layout === 'rows' ? 1 : 3;
  const step = layout === 'rows' ? 3 : 1;
  const vector = (k: number) => [0, 1, 2].map((i) => part[k * step + i * stride]!) as unknown as Vector;
  const first = unit(vector(0));
  const second = unit(minusProjection(vector(1), first));
  const vectors = [first, second, cross(first, second)];
  return Array.from({ length: 9 }, (_, i) => {
    const [row, column] = [Math.floor(i / 3), i % 3];
    return layout === 'rows' ? vectors[row]![column]! : vectors[column]![row]!;
  });
}

/**
 * Angles about the fixed axes x, y and z, in this order of application; y lies within ±π/2. Where it is ±π/2, the angle
 * about z is 0.
 */
export function matrixToEuler(m: Matrix3): Vector {
  const pitch = Math.atan2(-m[6]!, Math.hypot(m[7]!, m[8]!));
  if (Math.PI / 2 - Math.abs(pitch) < GIMBAL_LOCK) return [Math.atan2(-m[5]!, m[4]!), pitch, 0];
  return [Math.atan2(m[7]!, m[8]!), pitch, Math.atan2(m[3]!, m[0]!)];
}

/** The angle of the rotation that leads from one rotation to another, 0…π. */
export function geodesicDistance(from: Matrix3, to: Matrix3): number {
  const relative = Array.from({ length: 9 }, (_, i) => {
    const [row, column] = [Math.floor(i / 3), i % 3];
    return from[row]! * to[column]! + from[row + 3]! * to[column + 3]! + from[row + 6]! * to[column + 6]!;
  });
  return Math.hypot(...matrixToAxisAngle(relative));
}

/**
 * The rotation that is closest to a matrix (in the sum of squared differences), by its singular vectors, with determinant
 * +1. Where it is not unique, one of them.
 */
export function nearestRotation(matrix: Matrix3): Matrix3 {
  const { values, left, right } = decompose(matrix, 3, 3);
  const isGiven = (k: number) => values[k]! > MIN_SINGULAR * values[0]!;
  const [u1, v1] = [left[0]!, right[0]!].map((axis) => (values[0]! > 0 ? axis : Float64Array.of(1, 0, 0)));
  const [u2, v2] = [left[1]!, right[1]!].map((axis, i) => {
    const first = vectorOf([u1!, v1!][i]!);
    return isGiven(1) ? unit(minusProjection(vectorOf(axis), first)) : perpendicular(first);
  });
  const us = [vectorOf(u1!), u2!, cross(vectorOf(u1!), u2!)];
  const vs = [vectorOf(v1!), v2!, cross(vectorOf(v1!), v2!)];
  return Array.from({ length: 9 }, (_, i) => us.reduce((sum, u, k) => sum + u[Math.floor(i / 3)]! * vs[k]![i % 3]!, 0));
}

/** Matrix times vector. */
export function rotate(m: Matrix3, [x, y, z]: Vector): Vector {
  return [m[0]! * x + m[1]! * y + m[2]! * z, m[3]! * x + m[4]! * y + m[5]! * z, m[6]! * x + m[7]! * y + m[8]! * z];
}

function withPositiveReal([w, x, y, z]: Quaternion): Quaternion {
  return w < 0 ? [-w, -x, -y, -z] : [w, x, y, z];
}

function vectorOf(values: ArrayLike<number>): Vector {
  return [values[0]!, values[1]!, values[2]!];
}

function unit([x, y, z]: Vector): Vector {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

/** @param axis of unit length */
function minusProjection(v: Vector, axis: Vector): Vector {
  const along = v[0] * axis[0] + v[1] * axis[1] + v[2] * axis[2];
  return [v[0] - along * axis[0], v[1] - along * axis[1], v[2] - along * axis[2]];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** Any unit vector perpendicular to a unit vector. */
function perpendicular([x, y, z]: Vector): Vector {
  const least = Math.min(Math.abs(x), Math.abs(y), Math.abs(z));
  const axis: Vector = least === Math.abs(x) ? [1, 0, 0] : least === Math.abs(y) ? [0, 1, 0] : [0, 0, 1];
  return unit(cross([x, y, z], axis));
}
