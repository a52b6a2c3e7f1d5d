/** Polygons as masks, pixel for pixel those of COCO's tools (`pycocotools.mask.frPyObjects`). */
import { InvalidInputError } from '../errors.js';
import type { CocoBox } from './box-matching.js';
import { mergeMasks, type RunLengths } from './run-lengths.js';

/** Grid points per pixel: corners are rounded to this grid. */
const SCALE = 5;

/**
 * Any number of polygons as one mask. A pixel is inside where a polygon covers the middle of its column, with the ends of
 * the run rounded on a grid of a fifth of a pixel. This differs from the polygon fill of other tools.
 *
 * @param polygons corners as x and y in pixels, [2 · K] each
 * @throws {InvalidInputError} for no polygon, or one with an odd number of values, NaN or infinities
 */
export function polygonsToMask(polygons: readonly ArrayLike<number>[], height: number, width: number): RunLengths {
  return mergeMasks(
    polygons.map((polygon) => polygonToMask(polygon, height, width)),
    'union',
  );
}

/** A box as a mask, as COCO's tools rasterise its four corners. */
export function boxToMask([x, y, w, h]: CocoBox, height: number, width: number): RunLengths {
  return polygonToMask([x, y, x, y + h, x + w, y + h, x + w, y], height, width);
}

function polygonToMask(polygon: ArrayLike<number>, height: number, width: number): RunLengths {
  const values = Array.from(polygon);
  if (values.length === 0 || values.length % 2 === 1 || !values.every(Number.isFinite)) {
    throw new InvalidInputError(`a polygon needs x and y of each corner, not ${values.length} values`);
  }
  // Where the outline passes from one pixel column to the next, the mask changes between inside and outside.
  const outline = outlineOf(values.map((value) => Math.trunc(SCALE * value + 0.5)));
  const changes: number[] = [];
  for (let i = 1; i < outline.length; i++) {
    const [[x0, y0], [x, y]] = [outline[i - 1]!, outline[i]!];
    if (x === x0) continue;
    const column = (Math.min(x, x0 < x ? x - 1 : x) + 0.5) / SCALE - 0.5;
    if (!Number.isInteger(column) || column < 0 || column > width - 1) continue;
    const row = (Math.min(y, y0) + 0.5) / SCALE - 0.5;
    changes.push(column * height + Math.ceil(Math.min(Math.max(row, 0), height)));
  }
  return {
    height,
    width,
    counts: runsBetween(
      changes.sort((a, b) => a - b),
      height * width,
    ),
  };
}

/** All grid points of the outline, edge by edge. @param corners x and y of each, on the grid */
function outlineOf(corners: readonly number[]): [x: number, y: number][] {
  const points: [number, number][] = [];
  for (let i = 0; i < corners.length; i += 2) {
    const [xs, ys] = [corners[i]!, corners[i + 1]!];
    const [xe, ye] = [corners[(i + 2) % corners.length]!, corners[(i + 3) % corners.length]!];
    const [dx, dy] = [Math.abs(xe - xs), Math.abs(ye - ys)];
    const isFlat = dx >= dy;
    const steps = Math.max(dx, dy);
    // Lines are computed from their lower end, so that both directions have the same points.
    const isFlipped = isFlat ? xs > xe : ys > ye;
    const [x, y] = isFlipped ? [xe, ye] : [xs, ys];
    const slope = steps === 0 ? 0 : ((isFlat ? ye - ys : xe - xs) * (isFlipped ? -1 : 1)) / steps;
    for (let d = 0; d <= steps; d++) {
      const t = isFlipped ? steps - d : d;
      points.push(isFlat ? [x + t, Math.trunc(y + slope * t + 0.5)] : [Math.trunc(x + slope * t + 0.5), y + t]);
    }
  }
  return points;
}

/** Runs between sorted positions of change; two changes at one position cancel each other. */
function runsBetween(changes: readonly number[], total: number): number[] {
  const counts: number[] = [];
  let last = 0;
  const distinct: number[] = [];
  for (const change of changes) {
    if (distinct.at(-1) === change) distinct.pop();
    else distinct.push(change);
  }
  for (const change of distinct) {
    if (change === total) continue;
    counts.push(change - last);
    last = change;
  }
  return [...counts, total - last];
}
