/** From the parameters of a person, true or predicted, back to joints: to measure poses, and to draw them over a picture. */
import type { Box } from '../../media/box.js';
import type { Vector } from './rotations.js';
import { buildOf, JOINTS, posture } from './skeleton.js';

/** The parameters of a pose, as `human_poses` and the pose tokenizer give them. */
export interface PoseParameters {
  /** Rotation of each of the 23 joints below the pelvis against its parent, [23, 3, 3]. */
  readonly bodyPose: ArrayLike<number>;
  /** Rotation of the pelvis in camera coordinates (x right, y down, z forward), [3, 3]. */
  readonly globalOrientation: ArrayLike<number>;
  /** [10], in standard deviations. */
  readonly shape: ArrayLike<number>;
}

/**
 * Positions of the 24 joints in camera coordinates (x right, y down, z forward), metres, relative to the pelvis. Matrices that
 * are not exactly rotations, such as decoded ones, are applied as they are.
 *
 * @returns [24, 3]
 */
export function posedJoints({ bodyPose, globalOrientation, shape }: PoseParameters): Vector[] {
  const pose = Array.from(bodyPose);
  const rotations = Object.fromEntries(JOINTS.slice(1).map((joint, i) => [joint, pose.slice(9 * i, 9 * i + 9)]));
  return [...posture(rotations, buildOf(shape), Array.from(globalOrientation)).positions];
}

/**
 * The joints in the picture, by the weak-perspective camera of `human_poses`: 0…1 from the left and the top. Exact at the depth of
 * the pelvis.
 *
 * @param parameters with `camera`: scale and shift, [3], for the square about the box
 */
export function projectedJoints(
  parameters: PoseParameters & { readonly box: Box; readonly camera: ArrayLike<number> },
): { x: number; y: number }[] {
  const { box, camera } = parameters;
  const [scale, tx, ty] = Array.from(camera) as [number, number, number];
  const half = Math.max(box.xmax - box.xmin, box.ymax - box.ymin) / 2;
  return posedJoints(parameters).map(([x, y]) => ({
    x: (box.xmin + box.xmax) / 2 + half * scale * (x + tx),
    y: (box.ymin + box.ymax) / 2 + half * scale * (y + ty),
  }));
}
