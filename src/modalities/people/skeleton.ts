/**
 * The skeleton of a person: 24 joints in the kinematic tree of the SMPL body model (Loper et al. 2015), in its order. The
 * proportions are our own, of a mannequin; no data of the SMPL model is used.
 *
 * Body coordinates are SMPL's: x to the person's left, y up, z to the front, metres, the pelvis at the origin. At rest the
 * person stands upright with the arms stretched out sideways.
 */
import { applied, type Matrix, product, type Vector } from './rotations.js';

/** The joints, in SMPL's order. */
export const JOINTS = [
  'pelvis',
  'left_hip',
  'right_hip',
  'spine1',
  'left_knee',
  'right_knee',
  'spine2',
  'left_ankle',
  'right_ankle',
  'spine3',
  'left_foot',
  'right_foot',
  'neck',
  'left_collar',
  'right_collar',
  'head',
  'left_shoulder',
  'right_shoulder',
  'left_elbow',
  'right_elbow',
  'left_wrist',
  'right_wrist',
  'left_hand',
  'right_hand',
] as const;
/** Name of a joint. */
export type Joint = (typeof JOINTS)[number];

/** Index of each joint's parent in {@link JOINTS}; -1 for the pelvis. */
export const JOINT_PARENTS: readonly number[] = [
  -1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21,
];

/** Numbers of a body pose: a rotation matrix for every joint but the pelvis. (`human_poses` has 207 channels officially.) */
export const BODY_POSE_LENGTH = 9 * (JOINTS.length - 1);
/** Numbers of a body shape. */
export const SHAPE_LENGTH = 10;

/** Rest positions of the joints on the left side and in the middle; the right side mirrors the left. */
const REST: Readonly<Record<string, Vector>> = {
  pelvis: [0, 0, 0],
  left_hip: [0.1, -0.08, 0],
  spine1: [0, 0.12, -0.01],
  left_knee: [0.11, -0.5, 0.01],
  spine2: [0, 0.25, 0],
  left_ankle: [0.11, -0.92, -0.02],
  spine3: [0, 0.32, 0.01],
  left_foot: [0.12, -0.97, 0.13],
  neck: [0, 0.53, -0.01],
  left_collar: [0.08, 0.44, -0.01],
  head: [0, 0.62, 0.01],
  left_shoulder: [0.19, 0.45, -0.01],
  left_elbow: [0.46, 0.45, -0.02],
  left_wrist: [0.71, 0.45, -0.02],
  left_hand: [0.79, 0.45, -0.02],
};

/** Joints whose distance from their parent makes the length of the legs. */
const LEG = new Set<Joint>(['left_knee', 'right_knee', 'left_ankle', 'right_ankle']);

/** A person's build: factors on the mannequin's measures. */
export interface Build {
  /** Of all lengths. */
  readonly stature: number;
  /** Of the thickness of trunk and limbs, on top of `stature`. */
  readonly girth: number;
  /** Of the length of thighs and shins, on top of `stature`. */
  readonly legs: number;
}

/**
 * The build that a shape stands for. Of the ten numbers (each in units of a standard deviation, -3…3, 0 for the average)
 * the mannequin uses three: stature (5% each), girth (9%) and length of the legs (4%).
 */
export function buildOf(shape: ArrayLike<number>): Build {
  return { stature: 1 + 0.05 * shape[0]!, girth: 1 + 0.09 * shape[1]!, legs: 1 + 0.04 * shape[2]! };
}

/** A skeleton in some pose: positions and orientations of all joints, in the order of {@link JOINTS}. */
export interface Posture {
  readonly positions: readonly Vector[];
  readonly orientations: readonly Matrix[];
}

/** A pose: the rotation of each joint against its parent; joints that are not named keep their rest rotation. */
export type JointRotations = Readonly<Partial<Record<Joint, Matrix>>>;

/** Forward kinematics: positions and orientations in body coordinates, with the pelvis turned by `root`. */
export function posture(rotations: JointRotations, build: Build, root: Matrix): Posture {
  const positions: Vector[] = [];
  const orientations: Matrix[] = [];
  for (const [i, joint] of JOINTS.entries()) {
    const parent = JOINT_PARENTS[i]!;
    const own = rotations[joint];
    if (parent < 0) {
      positions.push([0, 0, 0]);
      orientations.push(root);
      continue;
    }
    const scale = build.stature * (LEG.has(joint) ? build.legs : 1);
    const [a, b] = [restOf(JOINTS[parent]!), restOf(joint)];
    const offset = applied(orientations[parent]!, [
      scale * (b[0] - a[0]),
      scale * (b[1] - a[1]),
      scale * (b[2] - a[2]),
    ]);
    const from = positions[parent]!;
    positions.push([from[0] + offset[0], from[1] + offset[1], from[2] + offset[2]]);
    orientations.push(own ? product(orientations[parent]!, own) : orientations[parent]!);
  }
  return { positions, orientations };
}

function restOf(joint: Joint): Vector {
  const own = REST[joint];
  if (own) return own;
  const [x, y, z] = REST[joint.replace('right', 'left')]!;
  return [-x, y, z];
}
