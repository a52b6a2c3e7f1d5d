/** The body of a mannequin: ellipsoids and capsules on a skeleton. */

import type { Vector } from '../modalities/people/rotations.js';
import { applied } from '../modalities/people/rotations.js';
import { buildOf, JOINTS, type Joint, type Posture } from '../modalities/people/skeleton.js';
import { type BodyPart, type Cover, capsule, ellipsoid } from './body-parts.js';

/** Converts body coordinates to the world's, whose z axis has the opposite direction. */
export function toWorld([x, y, z]: Vector, shift: Vector): Vector {
  return [x + shift[0], y + shift[1], shift[2] - z];
}

/**
 * The parts of a body in the world.
 *
 * @param posture in body coordinates
 * @param shape   [10], see {@link buildOf}
 * @param shift   position of the pelvis in the world
 */
export function bodyParts({ positions, orientations }: Posture, shape: Float64Array, shift: Vector): BodyPart[] {
  const build = buildOf(shape);
  const long = build.stature;
  const thick = build.stature * build.girth;
  const index = (joint: Joint) => JOINTS.indexOf(joint);
  /** A point that a joint carries, in the world. */
  const carried = (joint: Joint, [x, y, z]: Vector): Vector => {
    const [ox, oy, oz] = applied(orientations[index(joint)]!, [long * x, long * y, long * z]);
    const at = positions[index(joint)]!;
    return toWorld([at[0] + ox, at[1] + oy, at[2] + oz], shift);
  };
  const origin: Vector = [0, 0, 0];
  const limb = (from: Joint, to: Joint, radius: number, cover: Cover) =>
    capsule(carried(from, origin), carried(to, origin), thick * radius, cover);
  const round = (joint: Joint, offset: Vector, radii: Vector, cover: Cover, kind?: 'head') => {
    const m = orientations[index(joint)]!;
    const axes = [m[0]!, m[1]!, m[2]!, m[3]!, m[4]!, m[5]!, -m[6]!, -m[7]!, -m[8]!];
    const scale = kind === 'head' ? long : thick;
    const scaled: Vector = [scale * radii[0], (cover === 'clothes' ? long : scale) * radii[1], scale * radii[2]];
    return ellipsoid(carried(joint, offset), axes, scaled, cover, kind);
  };
  const sides = (['left', 'right'] as const).flatMap((side) => {
    const joint = (name: string) => `${side}_${name}` as Joint;
    const sign = side === 'left' ? 1 : -1;
    return [
      limb(joint('shoulder'), joint('elbow'), 0.075, 'clothes'),
      limb(joint('elbow'), joint('wrist'), 0.064, 'clothes'),
      round(joint('wrist'), [sign * 0.075, 0, 0], [0.09, 0.066, 0.072], 'skin'),
      limb(joint('hip'), joint('knee'), 0.104, 'clothes'),
      limb(joint('knee'), joint('ankle'), 0.08, 'clothes'),
      capsule(carried(joint('ankle'), [0, -0.02, -0.01]), carried(joint('foot'), origin), thick * 0.068, 'shoe'),
    ];
  });
  return [
    round('head', [0, 0.1, 0.015], [0.135, 0.165, 0.15], 'skin', 'head'),
    limb('neck', 'head', 0.06, 'skin'),
    round('spine3', [0, 0.06, 0], [0.21, 0.2, 0.135], 'clothes'),
    round('spine2', [0, -0.06, 0], [0.17, 0.19, 0.125], 'clothes'),
    round('pelvis', [0, -0.02, 0], [0.18, 0.14, 0.135], 'clothes'),
    ...sides,
  ];
}
