/** The parts of a scene, and the distribution that random scenes are drawn from. */

import type { Vector } from '../modalities/people/rotations.js';
import { Random } from '../random.js';
import { type Camera, dot, lookAt, project } from './camera.js';
import { COLOURS, DEPTH_RANGE, MAX_OBJECTS } from './constants.js';
import { between, pickWeighted } from './draws.js';
import { requireWhole } from './limits.js';
import { drawPerson, type Person } from './person.js';
import type { Solid } from './shapes.js';
import { drawSolid } from './solid.js';
import { visibility } from './visibility.js';

/** The light: a lamp far away, and light from all around. */
export interface Light {
  /** Unit vector from the floor to the lamp. */
  readonly direction: Vector;
  /** Linear RGB of the lamp and of the light from all around. */
  readonly key: Vector;
  readonly ambient: Vector;
}

/** A complete description of a scene, from which it can be rendered at any size. */
export interface Scene {
  readonly seed: number;
  /** Up to four solids; instance id i + 1 is `solids[i]`. No two have both shape and colour in common. */
  readonly solids: readonly Solid[];
  /** Up to two people, in different colours; instance id `solids.length` + i + 1 is `people[i]`. */
  readonly people: readonly Person[];
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

/** Options of {@link sampleScene}. */
export interface SceneOptions {
  /** Whether scenes may have people in them; true if not given. */
  readonly people?: boolean;
  /** The most solids of a scene, 1…{@link MAX_OBJECTS}; as many if not given. */
  readonly maxSolids?: number;
}

/** How often scenes have 0, 1 and 2 people. */
const PEOPLE_WEIGHTS = [0.6, 0.35, 0.05];
/** How often scenes have 0, 1, … 4 solids, by the number of people. */
const SOLID_WEIGHTS = [
  [0, 0.34, 0.38, 0.18, 0.1],
  [0.18, 0.42, 0.28, 0.12],
  [0.4, 0.4, 0.2],
];

/** After this many failed attempts a scene gets one solid fewer, as long as an object is left. */
const PATIENCE = 25;

/**
 * The scene of a seed: solids and people on the floor that do not touch, each well visible, with a random camera, lamp and
 * room. Drawn by rejection: scenes are drawn until one meets these conditions.
 *
 * @param seed a safe integer; take seeds from `toyboxSeed`
 * @throws InvalidInputError for a `maxSolids` outside its limits
 */
export function sampleScene(seed: number, { people = true, maxSolids = MAX_OBJECTS }: SceneOptions = {}): Scene {
  requireWhole('maxSolids', maxSolids, 1, MAX_OBJECTS);
  const random = new Random(seed);
  const persons = people ? pickWeighted(random, PEOPLE_WEIGHTS) : 0;
  const wanted = Math.min(pickWeighted(random, SOLID_WEIGHTS[persons]!), maxSolids);
  const fewest = persons > 0 ? 0 : 1;
  for (let attempt = 0; ; attempt++) {
    const solids = Math.max(fewest, wanted - Math.floor(attempt / PATIENCE));
    const scene = drawScene(seed, random, solids, persons);
    if (scene && depthsInRange(scene) && visibility(scene)) return scene;
  }
}

function drawScene(seed: number, random: Random, solidCount: number, personCount: number): Scene | undefined {
  const placed = drawObjects(random, solidCount, personCount);
  if (!placed) return undefined;
  const { solids, people } = placed;
  const all = [...solids, ...people];
  const centre: Vector = [mean(all.map(({ x }) => x)), 0, mean(all.map(({ z }) => z))];
  const back = Math.max(...solids.map((s) => s.z + s.bound), ...people.map((p) => p.z + p.reach));
  const camera = drawCamera(random, placed, centre);
  return {
    seed,
    solids,
    people,
    camera,
    ...drawSurroundings(random, camera),
    wallZ: back + between(random, 0.25, 1.4),
    centre,
    captionSeed: random.integer(0, 2 ** 31 - 1),
  };
}

/** The lamp, and the colours of floor and wall. */
function drawSurroundings(random: Random, camera: Camera): Pick<Scene, 'light' | 'floor' | 'wall'> {
  const tint = random.uniform();
  return {
    light: drawLight(random, camera),
    floor: pastel(random, tint, between(random, 0.42, 0.66)),
    wall: pastel(random, tint + between(random, -0.3, 0.3), between(random, 0.42, 0.7)),
  };
}

/** The same objects before the same camera, under another lamp and in a room of other colours. */
export function inOtherSurroundings(scene: Scene, random: Random): Scene {
  return { ...scene, ...drawSurroundings(random, scene.camera) };
}

/** The objects of a scene. */
interface Objects {
  readonly solids: readonly Solid[];
  readonly people: readonly Person[];
}

/** Places people and solids one after the other where there is room; undefined when there is none. */
function drawObjects(random: Random, solidCount: number, personCount: number): Objects | undefined {
  const count = solidCount + personCount;
  const reachX = 0.55 + 0.3 * count;
  const reachZ = 0.4 + 0.24 * count;
  const solids: Solid[] = [];
  const people: Person[] = [];
  const taken: { x: number; z: number; reach: number }[] = [];
  for (let tries = 0; taken.length < count; tries++) {
    if (tries > 40) return undefined;
    const x = between(random, -reachX, reachX);
    const z = between(random, -reachZ, reachZ);
    const isFree = (reach: number) =>
      taken.every((other) => Math.hypot(other.x - x, other.z - z) > other.reach + reach + 0.03);
    if (people.length < personCount) {
      const person = drawPerson(random, x, z, random.pick(COLOURS));
      if (!isFree(person.reach) || people.some(({ colour }) => colour === person.colour)) continue;
      people.push(person);
      taken.push(person);
      continue;
    }
    const solid = drawSolid(random, x, z, random.uniform() < 0.62 - 0.06 * count ? 'big' : 'small');
    const isNew = solids.every(({ shape, colour }) => shape !== solid.shape || colour !== solid.colour);
    if (!isFree(solid.bound) || !isNew) continue;
    solids.push(solid);
    taken.push({ x, z, reach: solid.bound });
  }
  return { solids, people };
}

/** A camera with every object about inside the picture. Where a ring lies flat, it looks down enough to show the hole. */
function drawCamera(random: Random, { solids, people }: Objects, centre: Vector): Camera {
  const yaw = between(random, -0.38, 0.38);
  const hasFlatRing = solids.some(({ shape, upright }) => shape === 'ring' && !upright);
  const pitch = between(random, hasFlatRing ? 0.42 : 0.2, 0.6);
  const tangent = Math.tan(between(random, 0.33, 0.44));
  const wander = solids.length + people.length === 1 ? 0.8 : 0.25;
  const height = people.length > 0 ? between(random, 0.5, 0.85) : between(random, 0.3, 0.6);
  const target: Vector = [
    centre[0] + between(random, -wander, wander),
    height,
    centre[2] + between(random, -wander, wander),
  ];
  const unitCamera = lookAt(target, 0, yaw, pitch, tangent);
  const fitted = Math.max(
    ...solids.map((s) => fittingDistance(unitCamera, [s.x, s.y, s.z], s.bound)),
    ...people.flatMap(({ parts }) => parts.map(({ middle, bound }) => fittingDistance(unitCamera, middle, bound))),
  );
  const closest = between(random, 3.6, 4.8);
  return lookAt(target, Math.max(closest, fitted * between(random, 0.92, 1.12)), yaw, pitch, tangent);
}

/** How far a camera standing at its target must step back to have a sphere inside the picture. */
function fittingDistance(camera: Camera, centre: Vector, radius: number): number {
  const { position } = camera;
  const offset: Vector = [centre[0] - position[0], centre[1] - position[1], centre[2] - position[2]];
  const aside = Math.max(Math.abs(dot(offset, camera.right)), Math.abs(dot(offset, camera.up)));
  return (aside + radius) / camera.tangent - dot(offset, camera.forward);
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

/** Whether no point of floor, wall or objects can be nearer or farther than the toybox's depth range allows. */
function depthsInRange({ camera, solids, people, wallZ }: Scene): boolean {
  const [near, far] = DEPTH_RANGE;
  const objectsFarEnough = [...solids, ...people].every(
    ({ x, y, z, bound }) => project(camera, [x, y, z]).depth - bound > near,
  );
  // Along a plane 1/depth changes linearly over the picture, so the corners hold its extremes.
  return (
    objectsFarEnough &&
    [-1, 1].every((sx) => {
      const along = (axis: 1 | 2, sy: number) =>
        camera.forward[axis] + camera.tangent * (sx * camera.right[axis] + sy * camera.up[axis]);
      const wallAt = (sy: number) => (along(2, sy) > 0 ? (wallZ - camera.position[2]) / along(2, sy) : Infinity);
      const floorBelow = -camera.position[1] / along(1, -1);
      return wallAt(-1) < far && wallAt(1) < far && floorBelow > near;
    })
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
