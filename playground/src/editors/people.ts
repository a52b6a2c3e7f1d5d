/** People that a visitor poses: where they are in the picture, and the rotations of their joints. */
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
  /** The length of a metre, as a part of the picture. */
  readonly metre: number;
  /** Rotation of the pelvis in camera coordinates (x right, y down, z forward), [3, 3]. */
  readonly orientation: Matrix;
  /** Of the joints below the pelvis, each against its parent. */
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
/** Metres from the joints to the edges of the box: half the thickness of a trunk, and the top of a head. */
const MARGIN = 0.15;
/** The shortest projected bone, as a part of the picture, whose direction counts. */
const SHORTEST = 1e-4;

/** Someone of average build who stands in the middle of the picture and faces the camera. */
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
 * Drags a joint towards a point of the picture: the pelvis moves there; of every other joint, the bone that leads to it is turned in
 * the plane of the picture until it points there, with all that hangs on it. The first bones from the pelvis turn the whole person.
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

/** Turns the bone that leads to a joint, clockwise in the picture. @param joint index in `JOINTS`, not the pelvis */
export function turnBone(person: EditedPerson, joint: number, degrees: number): EditedPerson {
  const turn = rotation('z', degrees);
  const parent = JOINT_PARENTS[joint]!;
  const grandparent = JOINT_PARENTS[parent] ?? -1;
  if (grandparent < 0) return { ...person, orientation: product(turn, person.orientation) };
  // The turn is about the camera's axis, and the rotation of a joint is against its parent.
  const frame = skeletonOf(person).orientations[grandparent]!;
  const name = JOINTS[parent]!;
  const own = product(transposed(frame), turn, frame, person.rotations[name] ?? IDENTITY);
  return { ...person, rotations: { ...person.rotations, [name]: own } };
}

/** Turns a person about the vertical. @param degrees to the right of the picture */
export function turnAround(person: EditedPerson, degrees: number): EditedPerson {
  return { ...person, orientation: product(rotation('y', -degrees), person.orientation) };
}

/** A person as a model takes it: with the box about the joints, and the camera for its square. Numbers have four decimals. */
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

/** Half a side of the square about a box. */
function halfSide({ xmin, ymin, xmax, ymax }: Box): number {
  return Math.max(xmax - xmin, ymax - ymin) / 2;
}

function within(x: number): number {
  return Math.min(1, Math.max(0, x));
}

function short(x: number): number {
  return Number(x.toFixed(4)) + 0;
}
