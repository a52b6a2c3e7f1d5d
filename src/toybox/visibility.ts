/** Whether every object of a scene can be recognised in its picture. */
import type { Camera } from './camera.js';
import { intersectPerson, type Person } from './person.js';
import { intersect, type Solid } from './shapes.js';

/** The parts of a scene that hide each other, and the camera. */
interface VisibleParts {
  readonly camera: Camera;
  readonly solids: readonly Solid[];
  readonly people: readonly Person[];
}

/** Rays across and down. */
const GRID = 32;
/** The smallest share of the picture that a solid, and a person, must fill. */
const LEAST_SHARE = { solid: 0.014, person: 0.02 } as const;
/** The smallest visible share of the object's pixels, out of those that it would have alone in a wide enough view. */
const LEAST_UNHIDDEN = { solid: 0.45, person: 0.65 } as const;
/** The camera's view is widened by this factor to count the pixels outside the picture. */
const WIDENED = 1.5;

/** True when every object is large enough in the picture, not mostly hidden by another, and not mostly outside. */
export function visibility({ camera, solids, people }: VisibleParts): boolean {
  const { position, right, up, forward } = camera;
  const ray = Float64Array.of(...position, 0, 0, 0);
  const count = solids.length + people.length;
  const visibleRays = new Int32Array(count);
  const alone = new Int32Array(count);
  const side = GRID * WIDENED;
  for (let j = 0; j < side; j++) {
    const v = (1 - (2 * (j + 0.5)) / side) * WIDENED;
    for (let i = 0; i < side; i++) {
      const u = ((2 * (i + 0.5)) / side - 1) * WIDENED;
      ray[3] = forward[0] + camera.tangent * (u * right[0] + v * up[0]);
      ray[4] = forward[1] + camera.tangent * (u * right[1] + v * up[1]);
      ray[5] = forward[2] + camera.tangent * (u * right[2] + v * up[2]);
      let nearest = Number.POSITIVE_INFINITY;
      let first = -1;
      for (let k = 0; k < count; k++) {
        const t = k < solids.length ? intersect(solids[k]!, ray) : intersectPerson(people[k - solids.length]!, ray);
        if (t === Number.POSITIVE_INFINITY) continue;
        alone[k]!++;
        if (t < nearest) {
          nearest = t;
          first = k;
        }
      }
      if (first >= 0 && Math.abs(u) < 1 && Math.abs(v) < 1) visibleRays[first]!++;
    }
  }
  return visibleRays.every((rays, k) => {
    const kind = k < solids.length ? 'solid' : 'person';
    return rays >= LEAST_SHARE[kind] * GRID ** 2 && rays >= LEAST_UNHIDDEN[kind] * alone[k]!;
  });
}
