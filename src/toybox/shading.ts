/** Colour of a surface point: lamp with hard shadows, soft light from all around, darkening near contacts, highlights. */

import type { Vector } from '../modalities/people/rotations.js';
import type { Cover } from './body-parts.js';
import { COLOUR_VALUES } from './constants.js';
import { intersectPerson, type Person, SHOE } from './person.js';
import type { Scene } from './scene.js';
import { intersect } from './shapes.js';

/**
 * Length of the array that describes a surface point where a ray from the camera ends: [0…2] the point, [3…5] its unit
 * normal, [6…8] the unit direction of the ray, [9…11] receives its linear RGB.
 */
export const SURFACE_LENGTH = 12;

/** Object index of a ray that meets the floor; objects are numbered from 0, solids first. */
export const FLOOR = -1;
/** Object index of a ray that meets the wall. */
export const WALL = -2;

/** Shadow rays start this far (metres) above the surface. */
const LIFT = 1e-4;
const shadowRay = new Float64Array(6);

/**
 * Whether a surface point is in shadow: it faces away from the lamp, or an object is between them.
 *
 * @param object index of the object that the point belongs to, {@link FLOOR} or {@link WALL}
 */
export function inShadow(scene: Scene, object: number, surface: Float64Array): boolean {
  const { solids, people, light } = scene;
  let facing = 0;
  for (let c = 0; c < 3; c++) {
    facing += surface[3 + c]! * light.direction[c]!;
    shadowRay[c] = surface[c]! + surface[3 + c]! * LIFT;
    shadowRay[3 + c] = light.direction[c]!;
  }
  if (facing <= 0) return true;
  for (let k = 0; k < solids.length; k++) {
    // A convex solid does not shadow the side that faces the lamp.
    if (k === object && solids[k]!.shape !== 'ring') continue;
    if (intersect(solids[k]!, shadowRay) !== Number.POSITIVE_INFINITY) return true;
  }
  for (const person of people) {
    if (intersectPerson(person, shadowRay) !== Number.POSITIVE_INFINITY) return true;
  }
  return false;
}

/**
 * Writes the light that a surface point reflects to the camera into `surface`.
 *
 * @param object as for {@link inShadow}
 * @param cover  material of the point if it belongs to a person
 */
export function shade(
  scene: Scene,
  object: number,
  surface: Float64Array,
  shaded: boolean,
  cover: Cover | undefined,
): void {
  const { light, centre, solids, people } = scene;
  const facing = shaded ? 0 : Math.max(0, along(surface, 3, light.direction));
  const ny = surface[4]!;
  const dx = surface[0]! - centre[0];
  const dz = surface[2]! - centre[2];
  const lamp = 1 / (1 + 0.035 * (dx * dx + dz * dz + 0.5 * surface[1]! * surface[1]!));
  const around = openness(scene, object, surface) * (0.72 + 0.28 * ny) * (0.4 + 0.6 * lamp);
  const solid = object >= 0 ? solids[object] : undefined;
  const own = solid
    ? LINEAR[solid.colour]
    : cover
      ? coverColour(people[object - solids.length]!, cover)
      : object === FLOOR
        ? scene.floor
        : scene.wall;
  const shiny = solid?.material === 'shiny';
  const scattered = shiny ? 0.76 : 1;
  for (let c = 0; c < 3; c++) {
    surface[9 + c] = scattered * own[c]! * (light.key[c]! * facing * lamp + light.ambient[c]! * around);
  }
  if (shiny) reflect(scene, own, surface, shaded);
}

/** Ambient occlusion: the share of the ambient light that other objects and the floor do not keep from a point. */
function openness(scene: Scene, object: number, surface: Float64Array): number {
  const { solids, people } = scene;
  let open = 1;
  for (let k = 0; k < solids.length; k++) {
    if (k === object) continue;
    const s = solids[k]!;
    open *= 1 - 0.75 * covered(surface, s.x, s.y, s.z, 0.85 * s.bound);
  }
  for (let k = 0; k < people.length; k++) {
    if (k + solids.length === object) continue;
    for (const { centre, radius } of people[k]!.occluders) {
      open *= 1 - 0.75 * covered(surface, centre[0], centre[1], centre[2], radius);
    }
  }
  return object < 0 ? open : open * (1 - 0.35 * (0.5 - 0.5 * surface[4]!) * Math.exp(-2.5 * surface[1]!));
}

/** The share of the hemisphere above a surface point that a sphere covers, weighted by the cosine. */
function covered(surface: Float64Array, x: number, y: number, z: number, radius: number): number {
  const px = x - surface[0]!;
  const py = y - surface[1]!;
  const pz = z - surface[2]!;
  const towards = surface[3]! * px + surface[4]! * py + surface[5]! * pz;
  if (towards <= 0) return 0;
  const squared = px * px + py * py + pz * pz;
  return (towards / Math.sqrt(squared)) * Math.min(1, (radius * radius) / squared);
}

function coverColour({ colour, skin, hair }: Person, cover: Cover): Vector {
  switch (cover) {
    case 'clothes':
      return LINEAR[colour];
    case 'skin':
      return skin;
    case 'hair':
      return hair;
    case 'shoe':
    case 'eye':
      return SHOE;
  }
}

/** Adds the reflection on a shiny surface: the room (floor below, brighter towards the top), and the lamp as a highlight. */
function reflect(scene: Scene, own: Vector, surface: Float64Array, shaded: boolean): void {
  const cosine = surface[6]! * surface[3]! + surface[7]! * surface[4]! + surface[8]! * surface[5]!;
  for (let c = 0; c < 3; c++) mirrored[c] = surface[6 + c]! - 2 * cosine * surface[3 + c]!;
  const height = mirrored[1]!;
  const mirror = 0.14 + 0.46 * (1 + cosine) * (1 + cosine) * (1 + cosine);
  const up = Math.min(1, Math.max(0, (height + 0.15) / 0.3));
  const toLamp = Math.max(0, along(mirrored, 0, scene.light.direction));
  const highlight = shaded ? 0 : 1.5 * toLamp ** 40 + 0.24 * toLamp ** 8;
  for (let c = 0; c < 3; c++) {
    const room = (1 - up) * 0.55 * scene.floor[c]! + up * (0.5 + 0.6 * Math.max(0, height)) * scene.wall[c]!;
    surface[9 + c]! += mirror * room * (0.25 + 0.75 * own[c]!) + highlight * (0.6 + 0.4 * own[c]!);
  }
}

const mirrored = new Float64Array(3);

/** Inner product of three numbers of an array, from `start` on, with a vector. */
function along(values: Float64Array, start: number, axis: Vector): number {
  return values[start]! * axis[0] + values[start + 1]! * axis[1] + values[start + 2]! * axis[2];
}

/** Surface colours as linear RGB, 0…1. */
const LINEAR = Object.fromEntries(
  Object.entries(COLOUR_VALUES).map(([name, rgb]) => [name, rgb.map((value) => (value / 255) ** 2.2)]),
) as unknown as Readonly<Record<keyof typeof COLOUR_VALUES, Vector>>;
