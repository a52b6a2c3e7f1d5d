/** Distributions of poses, one for each action: rotations of joints in degrees. */

import { type Matrix, product, rotation } from '../modalities/people/rotations.js';
import type { Joint, JointRotations } from '../modalities/people/skeleton.js';
import type { Random } from '../random.js';
import { between } from './draws.js';

/** Actions of people, by the words that captions use. */
export const ACTIONS = [
  'standing',
  'walking',
  'waving',
  'pointing',
  'cheering',
  'sitting',
  'crouching',
  'lying',
] as const;
/** A person's action. */
export type Action = (typeof ACTIONS)[number];

/** How often each of {@link ACTIONS} is drawn; they sum to 1. */
export const ACTION_WEIGHTS = [0.17, 0.17, 0.14, 0.14, 0.12, 0.12, 0.08, 0.06] as const;

/** A pose: the rotations of the joints, and how the pelvis is tilted before the person turns to a direction. */
export interface Pose {
  readonly rotations: JointRotations;
  readonly tilt: Matrix;
}

type Side = 'left' | 'right';

/** Angles of one arm: lowered from the horizontal, swung to the front, and the elbow's bend. */
interface Arm {
  readonly lowered: number;
  readonly forward?: number;
  readonly elbow: number;
  /** The elbow bends upwards (in the plane of the shoulders) instead of to the front. */
  readonly up?: boolean;
}

/** Angles of one leg: hip to the front, hip to the side, and the knee's bend. */
interface Leg {
  readonly hip: number;
  readonly aside: number;
  readonly knee: number;
}

/** A random pose for an action. */
export function drawPose(action: Action, random: Random): Pose {
  const u = (low: number, high: number) => between(random, low, high);
  const hanging = (): Arm => ({ lowered: u(68, 80), forward: u(-8, 12), elbow: u(5, 30) });
  const upright = (): Leg => ({ hip: u(-3, 6), aside: u(1, 9), knee: u(0, 6) });
  const lean = u(-3, 5);
  const head = { turn: u(-30, 30), nod: u(-12, 12) };
  const make = (left: Arm, right: Arm, legs: readonly [Leg, Leg], bend = lean, tilt = 0) =>
    pose({ left, right, legs, bend, tilt, ...head });
  switch (action) {
    case 'standing': {
      // Hands on the hips now and then.
      if (random.uniform() < 0.3) {
        const akimbo: Arm = { lowered: u(48, 55), forward: u(-16, -8), elbow: u(85, 100) };
        return make(akimbo, akimbo, [upright(), upright()]);
      }
      return make(hanging(), hanging(), [upright(), upright()]);
    }
    case 'walking': {
      const stride = u(20, 34);
      const swing = u(20, 40);
      const first: Leg = { hip: stride, aside: 2, knee: u(0, 12) };
      const second: Leg = { hip: -0.75 * stride, aside: 2, knee: u(15, 40) };
      const front: Arm = { lowered: u(74, 82), forward: swing, elbow: u(25, 60) };
      const back: Arm = { lowered: u(74, 82), forward: -swing, elbow: u(10, 30) };
      return random.uniform() < 0.5
        ? make(back, front, [first, second], u(2, 8))
        : make(front, back, [second, first], u(2, 8));
    }
    case 'waving': {
      const raised: Arm = { lowered: u(-35, -5), forward: u(0, 15), elbow: u(45, 85), up: true };
      return random.uniform() < 0.5
        ? make(raised, hanging(), [upright(), upright()])
        : make(hanging(), raised, [upright(), upright()]);
    }
    case 'pointing': {
      const straight: Arm = { lowered: u(-15, 10), elbow: u(0, 8), forward: 0 };
      return random.uniform() < 0.5
        ? make(straight, hanging(), [upright(), upright()])
        : make(hanging(), straight, [upright(), upright()]);
    }
    case 'cheering': {
      const raised = (): Arm => ({ lowered: u(-68, -42), forward: u(0, 10), elbow: u(5, 30), up: true });
      return make(raised(), raised(), [upright(), upright()]);
    }
    case 'sitting': {
      const leg = (): Leg => ({ hip: u(84, 100), aside: u(4, 20), knee: u(0, 45) });
      const resting = (): Arm => ({ lowered: u(62, 74), forward: u(20, 45), elbow: u(10, 40) });
      return make(resting(), resting(), [leg(), leg()], u(4, 14), u(-10, 2));
    }
    case 'crouching': {
      const leg = (): Leg => ({ hip: u(112, 126), aside: u(8, 18), knee: u(118, 130) });
      const reaching = (): Arm => ({ lowered: u(66, 76), forward: u(35, 70), elbow: u(10, 50) });
      return make(reaching(), reaching(), [leg(), leg()], u(18, 30), u(8, 18));
    }
    case 'lying': {
      const beside = (): Arm => ({ lowered: u(50, 78), elbow: u(5, 25), forward: 0 });
      return make(beside(), beside(), [upright(), upright()], 0, -90);
    }
  }
}

function pose(given: {
  left: Arm;
  right: Arm;
  legs: readonly [Leg, Leg];
  bend: number;
  tilt: number;
  turn: number;
  nod: number;
}): Pose {
  const { left, right, legs, bend, tilt, turn, nod } = given;
  const spine = rotation('x', bend / 3);
  const lies = tilt < -45;
  return {
    tilt: rotation('x', tilt),
    rotations: {
      spine1: spine,
      spine2: spine,
      spine3: spine,
      neck: rotation('y', turn / 2),
      head: product(rotation('y', turn / 2), rotation('x', nod)),
      ...arm('left', left),
      ...arm('right', right),
      ...leg('left', legs[0], lies ? 0 : tilt),
      ...leg('right', legs[1], lies ? 0 : tilt),
    },
  };
}

function arm(side: Side, { lowered, forward = 0, elbow, up }: Arm): JointRotations {
  const sign = side === 'left' ? 1 : -1;
  // The collarbone takes a part of a raised arm's angle.
  const collar = lowered < 0 ? lowered / 4 : 0;
  const named = (joint: string) => `${side}_${joint}` as Joint;
  return {
    [named('collar')]: rotation('z', -sign * collar),
    [named('shoulder')]: product(rotation('x', -forward), rotation('z', -sign * (lowered - collar))),
    [named('elbow')]: up ? rotation('z', sign * elbow) : rotation('y', -sign * elbow),
  };
}

/** The foot stays level as far as the ankle allows. */
function leg(side: Side, { hip, aside, knee }: Leg, tilt: number): JointRotations {
  const sign = side === 'left' ? 1 : -1;
  const ankle = Math.min(35, Math.max(-35, hip - knee - tilt));
  const named = (joint: string) => `${side}_${joint}` as Joint;
  return {
    [named('hip')]: product(rotation('x', -hip), rotation('z', sign * aside)),
    [named('knee')]: rotation('x', knee),
    [named('ankle')]: rotation('x', ankle),
  };
}
