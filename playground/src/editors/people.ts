/** People in the pose editor: their positions in the picture, and the rotations of their joints. */
import type { Box } from '../../../src/media/box.js';
import { IDENTITY, type Matrix, product, rotation } from '../../../src/modalities/people/rotations.js';
import {
  buildOf,
  JOINT_PARENTS,
  JOINTS,
  type JointRotations,
  type Posture,
  posture,
} from '../../../src/modalities/people/skeleton.js';
import { Random } from '../../../src/random.js';
import { type Action, drawPose } from '../../../src/toybox/poses.js';
import type { ToyboxPerson } from '../../../src/toybox/sample.js';
import { transposed } from './rotation-vectors.js';

/** A point of the picture, 0…1 from the left and the top. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A person as it is edited. The pelvis is at the {@link Point}. */
export interface EditedPerson extends Point {
  /** The length of a metre, as a fraction of the picture. */
  readonly metre: number;
  /** Rotation of the pelvis in camera coordinates (x right, y down, z forward), [3, 3]. */
  readonly orientation: Matrix;
  /** Rotation of each other joint relative to its parent. */
  readonly rotations: JointRotations;
  /** [10], in standard deviations. */
  readonly shape: readonly number[];
}

/** A person as an input of a model. */
export interface PoseValue {
  readonly box: Box;
  readonly bodyPose: readonly number[];
  readonly globalOrientation: readonly number[];
  readonly camera: readonly number[];
  readonly shape: readonly number[];
}

/** From body coordinates (x to the person's left, y up, z to the front) to those of a camera that the person faces. */
const FACING: Matrix = [1, 0, 0, 0, -1, 0, 0, 0, -1];
/** Margin in metres between the joints and the bounding box, for the trunk and the top of the head. */
const MARGIN = 0.15;
/** Minimum length of a projected bone whose direction is used, as a fraction of the picture. */
const SHORTEST = 1e-4;

/** A person of average shape, standing in the middle of the picture and facing the camera. */
export function newPerson(): EditedPerson {
  const person = { x: 0.5, y: 0.5, metre: 0.35, orientation: FACING, rotations: {}, shape: Array(10).fill(0) };
  return inPosture(person, 'standing', 0);
}

/** The same person in a posture of the toybox, facing the camera. @param seed one of many postures of an action */
export function inPosture(person: EditedPerson, action: Action, seed: number): EditedPerson {
  const { rotations, tilt } = drawPose(action, new Random(seed));
  return { ...person, rotations, orientation: product(FACING, tilt) };
}

/** A person of a scene. */
export function editedPerson({ box, camera, bodyPose, globalOrientation, shape, joints }: ToyboxPerson): EditedPerson {
  const { x, y } = joints[0]!;
  const metre = camera[0]! * halfSide(box);
  const pose = Array.from(bodyPose);
  const rotations = Object.fromEntries(JOINTS.slice(1).map((joint, i) => [joint, pose.slice(9 * i, 9 * i + 9)]));
  return { x, y, metre, orientation: Array.from(globalOrientation), rotations, shape: Array.from(shape) };
}

/** The 24 joints in the picture. */
export function jointsOf(person: EditedPerson): Point[] {
  return skeletonOf(person).positions.map(([x, y]) => ({
    x: person.x + person.metre * x,
    y: person.y + person.metre * y,
  }));
}

/**
 * Drags a joint towards a point of the picture: the pelvis moves there. For other joints, the bone that leads to the joint
 * rotates in the image plane until it points there, together with its descendants. The first bones from the pelvis rotate the whole
 * person.
 *
 * @param joint index in `JOINTS`
 */
export function dragJoint(person: EditedPerson, joint: number, { x, y }: Point): EditedPerson {
  const parent = JOINT_PARENTS[joint]!;
  if (parent < 0) return { ...person, x: within(x), y: within(y) };
  const joints = jointsOf(person);
  const [from, to] = [joints[parent]!, joints[joint]!];
  const lengths = [Math.hypot(to.x - from.x, to.y - from.y), Math.hypot(x - from.x, y - from.y)];
  if (Math.min(...lengths) < SHORTEST) return person;
  const angle = Math.atan2(y - from.y, x - from.x) - Math.atan2(to.y - from.y, to.x - from.x);
  return turnBone(person, joint, (angle * 180) / Math.PI);
}

/** Rotates the bone that leads to a joint, clockwise in the picture. @param joint index in `JOINTS`, not the pelvis */
export function turnBone(person: EditedPerson, joint: number, degrees: number): EditedPerson {
  const turn = rotation('z', degrees);
  const parent = JOINT_PARENTS[joint]!;
  const grandparent = JOINT_PARENTS[parent] ?? -1;
  if (grandparent < 0) return { ...person, orientation: product(turn, person.orientation) };
  // The rotation is about the camera's axis, and the rotation of a joint is relative to its parent.
  const frame = skeletonOf(person).orientations[grandparent]!;
  const name = JOINTS[parent]!;
  const own = product(transposed(frame), turn, frame, person.rotations[name] ?? IDENTITY);
  return { ...person, rotations: { ...person.rotations, [name]: own } };
}

/** Rotates a person about the vertical axis. @param degrees towards the right of the picture */
export function turnAround(person: EditedPerson, degrees: number): EditedPerson {
  return { ...person, orientation: product(rotation('y', -degrees), person.orientation) };
}

/** A person as an input of a model: with the bounding box of the joints, and the camera of its square crop. Numbers have four decimals. */
export function poseValue(person: EditedPerson): PoseValue {
  const margin = MARGIN * person.metre;
  const joints = jointsOf(person);
  const side = (axis: 'x' | 'y') => joints.map((joint) => joint[axis]);
  const box = {
    xmin: within(Math.min(...side('x')) - margin),
    ymin: within(Math.min(...side('y')) - margin),
    xmax: within(Math.max(...side('x')) + margin),
    ymax: within(Math.max(...side('y')) + margin),
  };
  const shift = (at: number, low: number, high: number) => (at - (low + high) / 2) / person.metre;
  const camera = [
    person.metre / halfSide(box),
    shift(person.x, box.xmin, box.xmax),
    shift(person.y, box.ymin, box.ymax),
  ];
  return {
    box: { xmin: short(box.xmin), ymin: short(box.ymin), xmax: short(box.xmax), ymax: short(box.ymax) },
    bodyPose: JOINTS.slice(1).flatMap((joint) => (person.rotations[joint] ?? IDENTITY).map(short)),
    globalOrientation: person.orientation.map(short),
    camera: camera.map(short),
    shape: person.shape.map(short),
  };
}

/** Positions and orientations in camera coordinates, metres from the pelvis. */
function skeletonOf({ rotations, shape, orientation }: EditedPerson): Posture {
  return posture(rotations, buildOf(shape), orientation);
}

/** Half the side of the square around a box. */
function halfSide({ xmin, ymin, xmax, ymax }: Box): number {
  return Math.max(xmax - xmin, ymax - ymin) / 2;
}

function within(x: number): number {
  return Math.min(1, Math.max(0, x));
}

function short(x: number): number {
  return Number(x.toFixed(4)) + 0;
}
