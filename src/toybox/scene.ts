/** What a scene consists of, and how a random one is made. */
import { Random } from '../random.js';
import { type Camera, lookAt, project, type Vector } from './camera.js';
import {
  COLOURS,
  type Colour,
  DEPTH_RANGE,
  MATERIALS,
  MAX_SOLIDS,
  MIN_SOLIDS,
  SHAPES,
  type Shape,
  type Size,
} from './constants.js';
import type { Solid } from './shapes.js';
import { visibility } from './visibility.js';

/** The light: a lamp far away, and light from all around. */
export interface Light {
  /** Unit vector from the floor to the lamp. */
  readonly direction: Vector;
  /** Linear RGB of the lamp and of the light from all around. */
  readonly key: Vector;
  readonly ambient: Vector;
}

/** Everything that is needed to draw a picture at any size. */
export interface Scene {
  readonly seed: number;
  /** One to five solids; instance id i + 1 is `solids[i]`. No two have both shape and colour in common. */
  readonly solids: readonly Solid[];
  readonly camera: Camera;
  readonly light: Light;
  /** Linear RGB surface colours. */
  readonly floor: Vector;
  readonly wall: Vector;
  /** The wall is the plane z = wallZ. */
  readonly wallZ: number;
  /** The point of the floor where the lamp is brightest. */
  readonly centre: Vector;
  /** Seed of the caption's wording. */
  readonly captionSeed: number;
}

/** How often scenes have 1, 2, … 5 solids. */
const COUNT_WEIGHTS = [0.22, 0.26, 0.24, 0.16, 0.12];

/** After this many failed attempts a scene makes do with one solid fewer. */
const PATIENCE = 25;

/**
 * The scene of a seed: solids that stand on the floor without touching, each well visible, and a random camera, lamp and
 * room. Made by drawing scenes until one is good.
 *
 * @param seed a safe integer; take seeds from `toyboxSeed`
 */
export function sampleScene(seed: number): Scene {
  const random = new Random(seed);
  const wanted = pickWeighted(random, COUNT_WEIGHTS) + MIN_SOLIDS;
  for (let attempt = 0; ; attempt++) {
    const count = Math.max(MIN_SOLIDS, Math.min(MAX_SOLIDS, wanted - Math.floor(attempt / PATIENCE)));
    const scene = drawScene(seed, random, count);
    if (scene && depthsInRange(scene) && visibility(scene)) return scene;
  }
}

function drawScene(seed: number, random: Random, count: number): Scene | undefined {
  const solids = drawSolids(random, count);
  if (!solids) return undefined;
  const centre: Vector = [mean(solids.map((s) => s.x)), 0, mean(solids.map((s) => s.z))];
  const back = Math.max(...solids.map((s) => s.z + s.bound));
  const camera = drawCamera(random, solids, centre);
  const tint = random.uniform();
  return {
    seed,
    solids,
    camera,
    light: drawLight(random, camera),
    floor: pastel(random, tint, between(random, 0.42, 0.66)),
    wall: pastel(random, tint + between(random, -0.3, 0.3), between(random, 0.42, 0.7)),
    wallZ: back + between(random, 0.25, 1.4),
    centre,
    captionSeed: random.integer(0, 2 ** 31 - 1),
  };
}

/** Places solids one after the other where there is room; undefined when there is none. */
function drawSolids(random: Random, count: number): Solid[] | undefined {
  const reachX = 0.55 + 0.3 * count;
  const reachZ = 0.4 + 0.24 * count;
  const solids: Solid[] = [];
  for (let tries = 0; solids.length < count; tries++) {
    if (tries > 40) return undefined;
    const x = between(random, -reachX, reachX);
    const z = between(random, -reachZ, reachZ);
    const solid = drawSolid(random, x, z, random.uniform() < 0.62 - 0.06 * count ? 'big' : 'small');
    const free = solids.every(
      (other) =>
        Math.hypot(other.x - x, other.z - z) > other.bound + solid.bound + 0.03 &&
        !(other.shape === solid.shape && other.colour === solid.colour),
    );
    if (free) solids.push(solid);
  }
  return solids;
}

function drawSolid(random: Random, x: number, z: number, size: Size): Solid {
  const shape = random.pick(SHAPES);
  const colour: Colour = random.pick(COLOURS);
  const material = random.pick(MATERIALS);
  const radius = size === 'big' ? between(random, 0.7, 0.84) : between(random, 0.42, 0.5);
  const upright = shape === 'ring' && random.uniform() < 0.5;
  const yaw = upright ? between(random, -0.7, 0.7) : between(random, -Math.PI, Math.PI);
  const [a, b, c, y, bound] = measures(random, shape, radius, upright);
  return {
    shape,
    colour,
    size,
    material,
    x,
    z,
    cosYaw: Math.cos(yaw),
    sinYaw: Math.sin(yaw),
    a,
    b,
    c,
    upright,
    y,
    bound,
  };
}

/** The lengths a, b, c, y and bound of {@link Solid} for a solid of about this radius. */
function measures(
  random: Random,
  shape: Shape,
  radius: number,
  upright: boolean,
): [a: number, b: number, c: number, y: number, bound: number] {
  const stretch = () => between(random, 0.88, 1.12);
  switch (shape) {
    case 'ball':
      return [radius, radius, 0, radius, radius];
    case 'box': {
      const half = [0.78 * radius * stretch(), 0.78 * radius * stretch(), 0.78 * radius * stretch()] as const;
      return [...half, half[1], Math.hypot(...half)];
    }
    case 'cylinder': {
      const [a, height] = [0.8 * radius * stretch(), 1.7 * radius * stretch()];
      return [a, height, 0, height / 2, Math.hypot(a, height / 2)];
    }
    case 'cone': {
      const [a, height] = [0.95 * radius * stretch(), 2 * radius * stretch()];
      return [a, height, 0, height / 2, Math.hypot(a, height / 2)];
    }
    case 'ring': {
      const tube = 0.27 * radius * stretch();
      const outer = 1.08 * radius;
      return [outer - tube, tube, 0, upright ? outer : tube, outer];
    }
  }
}

/** A camera from which every solid's bounding sphere is about inside the picture. */
function drawCamera(random: Random, solids: readonly Solid[], centre: Vector): Camera {
  const yaw = between(random, -0.38, 0.38);
  const pitch = between(random, 0.2, 0.6);
  const tangent = Math.tan(between(random, 0.33, 0.44));
  const wander = solids.length === 1 ? 0.8 : 0.25;
  const target: Vector = [
    centre[0] + between(random, -wander, wander),
    between(random, 0.3, 0.6),
    centre[2] + between(random, -wander, wander),
  ];
  const unitCamera = lookAt(target, 0, yaw, pitch, tangent);
  const fitted = Math.max(...solids.map((s) => fittingDistance(unitCamera, s)));
  const closest = between(random, 3.6, 4.8);
  return lookAt(target, Math.max(closest, fitted * between(random, 0.92, 1.12)), yaw, pitch, tangent);
}

/** How far a camera standing at its target must step back to have a solid's bounding sphere inside the picture. */
function fittingDistance(camera: Camera, s: Solid): number {
  const offset = [s.x - camera.position[0], s.y - camera.position[1], s.z - camera.position[2]] as const;
  const along = (axis: Vector) => offset[0] * axis[0] + offset[1] * axis[1] + offset[2] * axis[2];
  const aside = Math.max(Math.abs(along(camera.right)), Math.abs(along(camera.up)));
  return (aside + s.bound) / camera.tangent - along(camera.forward);
}

/** A lamp above and on the camera's side, white to warm, with light of the opposite tinge from all around. */
function drawLight(random: Random, camera: Camera): Light {
  const yaw = Math.atan2(-camera.forward[0], -camera.forward[2]) + between(random, -1.45, 1.45);
  const height = between(random, 0.65, 1.15);
  const warmth = between(random, -0.04, 0.1);
  const key = between(random, 0.8, 1.0);
  const ambient = between(random, 0.34, 0.46);
  return {
    direction: [Math.sin(yaw) * Math.cos(height), Math.sin(height), Math.cos(yaw) * Math.cos(height)],
    key: [key * (1 + warmth), key, key * (1 - warmth)],
    ambient: [ambient * (1 - 0.5 * warmth), ambient, ambient * (1 + 0.8 * warmth)],
  };
}

/** A pale colour (linear RGB) of the given hue (turns) and lightness, so that the solids' colours stand out. */
function pastel(random: Random, hue: number, lightness: number): Vector {
  const strength = between(random, 0.08, 0.34);
  const channel = (shift: number) => lightness * (1 - strength * (0.5 - 0.5 * Math.cos(2 * Math.PI * (hue + shift))));
  return [channel(0), channel(1 / 3), channel(2 / 3)];
}

/** Whether no point of floor, wall or solids can be nearer or farther than the toybox's depth range allows. */
function depthsInRange({ camera, solids, wallZ }: Scene): boolean {
  const [near, far] = DEPTH_RANGE;
  const solidsFarEnough = solids.every((s) => project(camera, [s.x, s.y, s.z]).depth - s.bound > near);
  // Along a plane 1/depth changes linearly over the picture, so the corners hold its extremes.
  return (
    solidsFarEnough &&
    [-1, 1].every((sx) => {
      const along = (axis: 1 | 2, sy: number) =>
        camera.forward[axis] + camera.tangent * (sx * camera.right[axis] + sy * camera.up[axis]);
      const wallAt = (sy: number) => (along(2, sy) > 0 ? (wallZ - camera.position[2]) / along(2, sy) : Infinity);
      const floorBelow = -camera.position[1] / along(1, -1);
      return wallAt(-1) < far && wallAt(1) < far && floorBelow > near;
    })
  );
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** An index, drawn as often as its weight says; the weights sum to 1. */
function pickWeighted(random: Random, weights: readonly number[]): number {
  let rest = random.uniform();
  const index = weights.findIndex((weight) => {
    rest -= weight;
    return rest < 0;
  });
  return index < 0 ? weights.length - 1 : index;
}
