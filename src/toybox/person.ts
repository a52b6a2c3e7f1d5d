/** People: mannequins with SMPL's joints, made of ellipsoids and capsules, in one colour of clothes. */

import type { Vector } from '../modalities/people/rotations.js';
import { IDENTITY, type Matrix, product, rotation } from '../modalities/people/rotations.js';
import { BODY_POSE_LENGTH, buildOf, JOINTS, type Joint, posture, SHAPE_LENGTH } from '../modalities/people/skeleton.js';
import type { Random } from '../random.js';
import { bodyParts, toWorld } from './body.js';
import { type BodyPart, type Cover, coverAt, intersectPart, lowest, partNormal } from './body-parts.js';
import type { Camera } from './camera.js';
import type { Colour } from './constants.js';
import { between, pickWeighted } from './draws.js';
import { ACTION_WEIGHTS, ACTIONS, type Action, drawPose, type Pose } from './poses.js';

/** A person on the floor. */
export interface Person {
  readonly action: Action;
  /** Colour of the clothes. */
  readonly colour: Colour;
  /** Surface colours (linear RGB) of skin and hair. */
  readonly skin: Vector;
  readonly hair: Vector;
  /** Centre of a sphere that holds the whole person; x and z are also its position on the floor. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly bound: number;
  /** How far the person reaches from (x, z) along the floor. */
  readonly reach: number;
  /** Rotation matrices of the 23 joints below the pelvis, each against its parent, [23, 3, 3]. */
  readonly bodyPose: Float64Array;
  /** Shape, [10], -3…3. */
  readonly shape: Float64Array;
  /** Orientation of the pelvis in the world's directions right, up and away from the wall; a rotation. */
  readonly orientation: Matrix;
  /** Positions of the 24 joints in the world. */
  readonly joints: readonly Vector[];
  readonly parts: readonly BodyPart[];
  /** Spheres that replace the person in the computation of ambient occlusion. */
  readonly occluders: readonly { readonly centre: Vector; readonly radius: number }[];
}

const SKINS: readonly Vector[] = [
  [0.8, 0.5, 0.36],
  [0.58, 0.33, 0.2],
  [0.3, 0.15, 0.08],
];
const HAIRS: readonly Vector[] = [
  [0.02, 0.016, 0.014],
  [0.09, 0.04, 0.016],
  [0.34, 0.2, 0.07],
];
/** Linear RGB of shoes. */
export const SHOE: Vector = [0.035, 0.035, 0.04];

/** A random person at a point on the floor. */
export function drawPerson(random: Random, x: number, z: number, colour: Colour): Person {
  const action = ACTIONS[pickWeighted(random, ACTION_WEIGHTS)]!;
  const pose = drawPose(action, random);
  // Mostly towards the camera, where gestures show; seldom from behind.
  const direction = random.uniform() < 0.75 ? between(random, -75, 75) : between(random, -180, 180);
  const shape = new Float64Array(SHAPE_LENGTH);
  for (let i = 0; i < 3; i++) shape[i] = Math.min(2, Math.max(-2, random.normal()));
  return makePerson({
    action,
    pose,
    direction,
    shape,
    colour,
    x,
    z,
    skin: random.pick(SKINS),
    hair: random.pick(HAIRS),
  });
}

/**
 * A person standing, sitting or lying on the floor.
 *
 * @param given.direction degrees to the person's right, from the direction away from the wall
 */
function makePerson(given: {
  action: Action;
  pose: Pose;
  direction: number;
  shape: Float64Array;
  colour: Colour;
  x: number;
  z: number;
  skin: Vector;
  hair: Vector;
}): Person {
  const { action, pose, direction, shape, colour, x, z, skin, hair } = given;
  const orientation = product(rotation('y', direction), pose.tilt);
  const body = posture(pose.rotations, buildOf(shape), orientation);
  const unplaced = bodyParts(body, shape, [0, 0, 0]);
  const down = Math.min(...unplaced.map(lowest));
  const [left, right] = extremes(unplaced, 0);
  const [near, far] = extremes(unplaced, 2);
  const shift: Vector = [x - (left + right) / 2, -down, z - (near + far) / 2];
  const parts = bodyParts(body, shape, shift);
  const joints = body.positions.map((position) => toWorld(position, shift));
  const [bottom, top] = extremes(parts, 1);
  const y = (bottom + top) / 2;
  const reach = Math.max(...parts.map((part) => Math.hypot(part.middle[0] - x, part.middle[2] - z) + part.bound));
  const bound = Math.max(
    ...parts.map(({ middle, bound }) => Math.hypot(middle[0] - x, middle[1] - y, middle[2] - z) + bound),
  );
  const bodyPose = new Float64Array(BODY_POSE_LENGTH);
  for (const [i, joint] of JOINTS.slice(1).entries()) bodyPose.set(pose.rotations[joint] ?? IDENTITY, 9 * i);
  const at = (joint: Joint) => joints[JOINTS.indexOf(joint)]!;
  const occluders = [
    { centre: at('pelvis'), radius: 0.21 },
    { centre: at('spine3'), radius: 0.23 },
    ...(['left_knee', 'right_knee', 'left_ankle', 'right_ankle'] as const).map((joint) => ({
      centre: at(joint),
      radius: 0.12,
    })),
  ];
  return { action, colour, skin, hair, x, y, z, bound, reach, bodyPose, shape, orientation, joints, parts, occluders };
}

/**
 * Orientation of a person's pelvis in the camera's coordinates, x right, y down, z forward, as the published poses have it
 * (`global_orient` of 4D-Humans). A rotation matrix, [3, 3].
 */
export function globalOrientation({ orientation }: Person, camera: Camera): Float64Array {
  const { right, up, forward } = camera;
  // The world's z points away from the camera, and the third row of an orientation towards it.
  const axes = [right, [-up[0], -up[1], -up[2]], forward].flatMap(([x, y, z]) => [x!, y!, -z!]);
  return Float64Array.from(product(axes, orientation));
}

/** Where a ray first enters a person, else Infinity; {@link personSurface} gives the rest. */
export function intersectPerson(person: Person, ray: Float64Array): number {
  const px = ray[0]! - person.x;
  const py = ray[1]! - person.y;
  const pz = ray[2]! - person.z;
  const dx = ray[3]!;
  const dy = ray[4]!;
  const dz = ray[5]!;
  const pd = px * dx + py * dy + pz * dz;
  const outside = px * px + py * py + pz * pz - person.bound * person.bound;
  if (pd * pd < (dx * dx + dy * dy + dz * dz) * outside || (outside > 0 && pd > 0)) return Number.POSITIVE_INFINITY;
  let nearest = Number.POSITIVE_INFINITY;
  for (const part of person.parts) {
    const t = intersectPart(part, ray);
    if (t < nearest) nearest = t;
  }
  return nearest;
}

/**
 * Writes the normal of the part that a ray meets first.
 *
 * @param surface [0…2]: the point; [3…5]: receives the normal
 * @returns       material of the point
 */
export function personSurface(person: Person, ray: Float64Array, surface: Float64Array): Cover {
  let nearest = Number.POSITIVE_INFINITY;
  let first = person.parts[0]!;
  for (const part of person.parts) {
    const t = intersectPart(part, ray);
    if (t < nearest) {
      nearest = t;
      first = part;
    }
  }
  partNormal(first, surface);
  return coverAt(first, surface);
}

/** The least and the greatest coordinate of the parts' bounding spheres along an axis. */
function extremes(parts: readonly BodyPart[], axis: 0 | 1 | 2): [low: number, high: number] {
  if (axis === 1) {
    return [Math.min(...parts.map(lowest)), Math.max(...parts.map(({ middle, bound }) => middle[1] + bound))];
  }
  return [
    Math.min(...parts.map(({ middle, bound }) => middle[axis] - bound)),
    Math.max(...parts.map(({ middle, bound }) => middle[axis] + bound)),
  ];
}
