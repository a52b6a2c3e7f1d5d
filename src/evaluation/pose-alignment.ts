import { type Matrix3, nearestRotation, rotate, type Vector } from './rotations.js';

/** A similarity transform (rotation, scale, translation) that aligns points with others. */
export interface Similarity {
  /** Null if all points coincide, so that the scale is undefined. */
  readonly scale: number | null;
  readonly rotation: Matrix3;
  /** The aligned points. [J, 3] */
  readonly aligned: Float64Array;
}

/** Below this sum of squared distances from the mean, points count as coincident. */
const MIN_SPREAD = 1e-18;

/**
 * Aligns points with others by the similarity transform with the least squared error (Procrustes analysis without reflections; Umeyama,
 * 1991).
 *
 * @param points  [J, 3]
 * @param targets [J, 3]
 * @param used    flags of the points that the fit may use; all without it. The others are transformed too
 */
export function alignBySimilarity(
  points: ArrayLike<number>,
  targets: ArrayLike<number>,
  used?: ArrayLike<number>,
): Similarity {
  const joints = Array.from({ length: points.length / 3 }, (_, j) => j);
  const fitted = joints.filter((j) => !used || used[j]);
  const [from, to] = [meanOf(points, fitted), meanOf(targets, fitted)];
  const covariance = new Array<number>(9).fill(0);
  let spread = 0;
  for (const j of fitted) {
    for (let row = 0; row < 3; row++) {
      spread += (points[3 * j + row]! - from[row]!) ** 2;
      for (let column = 0; column < 3; column++) {
        covariance[3 * row + column]! += (targets[3 * j + row]! - to[row]!) * (points[3 * j + column]! - from[column]!);
      }
    }
  }
  const rotation = nearestRotation(covariance);
  // The trace of Rᵀ times the covariance, over the spread.
  const scale = rotation.reduce((sum, element, i) => sum + element * covariance[i]!, 0) / spread;
  const isPoint = spread < MIN_SPREAD;
  const aligned = new Float64Array(points.length);
  for (const j of joints) {
    const centred = [0, 1, 2].map((c) => points[3 * j + c]! - from[c]!) as unknown as Vector;
    rotate(rotation, centred).forEach((value, c) => {
      aligned[3 * j + c] = (isPoint ? 0 : scale * value) + to[c]!;
    });
  }
  return { scale: isPoint ? null : scale, rotation, aligned };
}

function meanOf(points: ArrayLike<number>, joints: readonly number[]): Vector {
  const sums = [0, 0, 0];
  for (const j of joints) for (let c = 0; c < 3; c++) sums[c]! += points[3 * j + c]!;
  return sums.map((sum) => sum / joints.length) as unknown as Vector;
}
