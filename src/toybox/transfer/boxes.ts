/** Boxes of solids in space, and how a detector describes them on a grid: one box at the patch that its centre falls into. */
import type { Box3D } from '../../evaluation/boxes-3d.js';
import type { Vector } from '../../modalities/people/rotations.js';
import { type Camera, dot, project } from '../camera.js';
import type { ToyboxSample } from '../sample.js';
import type { Solid } from '../shapes.js';

/** Numbers of a box on the grid: x and y of its projected centre, ln of its depth, ln of width, height and length. */
export const BOX_VALUES = 6;
/** Depths are relative to this, in metres. */
const DEPTH_UNIT = 5;

/** Right, up and ahead of a camera that was turned to the horizon: unit vectors. */
function levelAxes({ right, forward }: Camera): [right: Vector, up: Vector, ahead: Vector] {
  const length = Math.hypot(forward[0], forward[2]);
  return [right, [0, 1, 0], [forward[0] / length, 0, forward[2] / length]];
}

/**
 * The boxes of the visible solids, in metres from the camera: right, up (from the camera's height) and ahead, horizontally. Sides are
 * parallel to these axes.
 */
export function solidBoxes({ scene: { solids, camera }, objects }: ToyboxSample): Box3D[] {
  const axes = levelAxes(camera);
  const visible = new Set(objects.map(({ instance }) => instance));
  return solids.flatMap((solid, i) => {
    if (!visible.has(i + 1)) return [];
    const { position } = camera;
    const offset: Vector = [solid.x - position[0], solid.y - position[1], solid.z - position[2]];
    const centre = axes.map((axis) => dot(offset, axis)) as unknown as Box3D['centre'];
    const size = axes.map((axis) => 2 * halfExtent(solid, axis)) as unknown as Box3D['size'];
    return [{ centre, size }];
  });
}

/** Half the length of a solid along an axis: a horizontal one, or up. */
function halfExtent({ shape, a, b, c, upright, cosYaw, sinYaw }: Solid, axis: Vector): number {
  const isUp = axis[1] === 1;
  const across = Math.abs(axis[0] * cosYaw - axis[2] * sinYaw);
  const along = Math.abs(axis[0] * sinYaw + axis[2] * cosYaw);
  switch (shape) {
    case 'ball':
      return a;
    case 'box':
      return isUp ? b : a * across + c * along;
    case 'cylinder':
    case 'cone':
      return isUp ? b / 2 : a;
    case 'ring':
      if (!upright) return isUp ? b : a + b;
      return isUp ? a + b : a * across + b;
  }
}

/** The target of a detector for a scene, on a grid of `grid` × `grid` patches. */
export interface GridBoxes {
  /** The patch of each box, in row-major order; where two share one, the nearer box. */
  readonly patches: readonly number[];
  /** {@link BOX_VALUES} numbers for each of them. */
  readonly values: readonly (readonly number[])[];
}

/** Describes boxes on a grid. */
export function boxesOnGrid(boxes: readonly Box3D[], camera: Camera, grid: number): GridBoxes {
  const axes = levelAxes(camera);
  const found = new Map<number, { depth: number; values: number[] }>();
  for (const { centre, size } of boxes) {
    const point = [0, 1, 2].map(
      (i) => camera.position[i]! + axes.reduce((sum, axis, j) => sum + axis[i]! * centre[j]!, 0),
    ) as unknown as Vector;
    const { x, y, depth } = project(camera, point);
    const cell = (value: number) => Math.min(Math.max(Math.floor(value * grid), 0), grid - 1);
    const [column, row] = [cell(x), cell(y)];
    const patch = row * grid + column;
    if ((found.get(patch)?.depth ?? Number.POSITIVE_INFINITY) <= depth) continue;
    const offset = [x * grid - column - 0.5, y * grid - row - 0.5];
    found.set(patch, { depth, values: [...offset, Math.log(depth / DEPTH_UNIT), ...size.map(Math.log)] });
  }
  return { patches: [...found.keys()], values: Array.from(found.values(), ({ values }) => values) };
}

/** The box that a patch describes: the inverse of {@link boxesOnGrid}. */
export function boxFromGrid(patch: number, values: ArrayLike<number>, camera: Camera, grid: number): Box3D {
  const x = ((patch % grid) + 0.5 + values[0]!) / grid;
  const y = (Math.floor(patch / grid) + 0.5 + values[1]!) / grid;
  const depth = DEPTH_UNIT * Math.exp(values[2]!);
  // Along the camera's own axes, then along the level ones.
  const [right, up] = [depth * camera.tangent * (2 * x - 1), depth * camera.tangent * (1 - 2 * y)];
  const [sine, cosine] = [-camera.forward[1], camera.up[1]];
  return {
    centre: [right, cosine * up - sine * depth, cosine * depth + sine * up],
    size: [Math.exp(values[3]!), Math.exp(values[4]!), Math.exp(values[5]!)],
  };
}
