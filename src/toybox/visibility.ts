/** Whether every solid of a scene can be recognised in its picture. */
import type { Scene } from './scene.js';
import { intersect } from './shapes.js';

/** Rays across and down. */
const GRID = 32;
/** The smallest share of the picture that a solid must fill. */
const LEAST_SHARE = 0.011;
/** The smallest part of what a camera with a wide enough view would see of the solid alone that must be seen. */
const LEAST_UNHIDDEN = 0.45;
/** The camera's view is widened by this factor to count what lies outside the picture. */
const WIDENED = 1.5;

/** True when every solid is large enough in the picture, not mostly hidden by another, and not mostly outside. */
export function visibility({ camera, solids }: Scene): boolean {
  const { position, right, up, forward } = camera;
  const ray = Float64Array.of(...position, 0, 0, 0);
  const seen = new Int32Array(solids.length);
  const alone = new Int32Array(solids.length);
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
      for (let k = 0; k < solids.length; k++) {
        const t = intersect(solids[k]!, ray);
        if (t === Number.POSITIVE_INFINITY) continue;
        alone[k]!++;
        if (t < nearest) {
          nearest = t;
          first = k;
        }
      }
      if (first >= 0 && Math.abs(u) < 1 && Math.abs(v) < 1) seen[first]!++;
    }
  }
  return solids.every((_, k) => seen[k]! >= LEAST_SHARE * GRID ** 2 && seen[k]! >= LEAST_UNHIDDEN * alone[k]!);
}
