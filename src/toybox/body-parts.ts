/**
 * The parts that a person is made of, ellipsoids and capsules: where a ray meets each, and the surface normal there. World
 * coordinates, in small float arrays that are used again and again (see `shapes.ts`).
 */
import type { Vector } from '../modalities/people/rotations.js';

/** Material of a point of a person's surface. */
export type Cover = 'clothes' | 'skin' | 'hair' | 'shoe' | 'eye';

/** An ellipsoid, or a capsule: all points within a radius of a line segment. */
export interface BodyPart {
  readonly kind: 'ellipsoid' | 'capsule' | 'head';
  /** Centre of the ellipsoid; first end of the segment. */
  readonly start: Vector;
  /** Second end of the segment; unused for ellipsoids. */
  readonly end: Vector;
  /** Capsule: radius. */
  readonly radius: number;
  /** Ellipsoid: takes offsets from the centre to coordinates in which it is the unit sphere; 3×3 in row order. */
  readonly toUnit: readonly number[];
  readonly cover: Cover;
  /** Centre and radius of a sphere that holds the part. */
  readonly middle: Vector;
  readonly bound: number;
}

/** A capsule. */
export function capsule(start: Vector, end: Vector, radius: number, cover: Cover): BodyPart {
  const middle: Vector = [(start[0] + end[0]) / 2, (start[1] + end[1]) / 2, (start[2] + end[2]) / 2];
  const bound = Math.hypot(end[0] - middle[0], end[1] - middle[1], end[2] - middle[2]) + radius;
  return { kind: 'capsule', start, end, radius, toUnit: [], cover, middle, bound };
}

/**
 * An ellipsoid.
 *
 * @param axes  the directions of its three axes as the columns of a matrix in row order, orthonormal
 * @param radii along them
 */
export function ellipsoid(
  centre: Vector,
  axes: readonly number[],
  radii: Vector,
  cover: Cover,
  kind: 'ellipsoid' | 'head' = 'ellipsoid',
): BodyPart {
  const toUnit = [0, 1, 2].flatMap((axis) => [0, 1, 2].map((c) => axes[3 * c + axis]! / radii[axis]!));
  return { kind, start: centre, end: centre, radius: 0, toUnit, cover, middle: centre, bound: Math.max(...radii) };
}

/** The lowest height of a part. */
export function lowest({ kind, start, end, radius, toUnit }: BodyPart): number {
  if (kind === 'capsule') return Math.min(start[1], end[1]) - radius;
  return start[1] - verticalRadius(toUnit);
}

/** How far an ellipsoid reaches above its centre: the support function of its inverse map. */
function verticalRadius(toUnit: readonly number[]): number {
  // The rows of `toUnit` are axes over radii, so radius² × row is axis × radius.
  const squares = [0, 1, 2].map((axis) => {
    const row = toUnit.slice(3 * axis, 3 * axis + 3);
    const inverse = 1 / (row[0]! ** 2 + row[1]! ** 2 + row[2]! ** 2);
    return (row[1]! * inverse) ** 2;
  });
  return Math.sqrt(squares[0]! + squares[1]! + squares[2]!);
}

/** Where a ray first enters a part: the smallest t > 0 with o + t·d on it, else Infinity. (See `intersect` in `shapes.ts`.) */
export function intersectPart(part: BodyPart, ray: Float64Array): number {
  const dx = ray[3]!;
  const dy = ray[4]!;
  const dz = ray[5]!;
  const dd = dx * dx + dy * dy + dz * dz;
  const mx = ray[0]! - part.middle[0];
  const my = ray[1]! - part.middle[1];
  const mz = ray[2]! - part.middle[2];
  const md = mx * dx + my * dy + mz * dz;
  const outside = mx * mx + my * my + mz * mz - part.bound * part.bound;
  if (md * md < dd * outside || (outside > 0 && md > 0)) return Number.POSITIVE_INFINITY;
  return part.kind === 'capsule' ? intersectCapsule(part, ray, dd) : intersectEllipsoid(part, mx, my, mz, dx, dy, dz);
}

function intersectEllipsoid(
  { toUnit: m }: BodyPart,
  px: number,
  py: number,
  pz: number,
  dx: number,
  dy: number,
  dz: number,
): number {
  const qx = m[0]! * px + m[1]! * py + m[2]! * pz;
  const qy = m[3]! * px + m[4]! * py + m[5]! * pz;
  const qz = m[6]! * px + m[7]! * py + m[8]! * pz;
  const ex = m[0]! * dx + m[1]! * dy + m[2]! * dz;
  const ey = m[3]! * dx + m[4]! * dy + m[5]! * dz;
  const ez = m[6]! * dx + m[7]! * dy + m[8]! * dz;
  const a = ex * ex + ey * ey + ez * ez;
  const b = qx * ex + qy * ey + qz * ez;
  const discriminant = b * b - a * (qx * qx + qy * qy + qz * qz - 1);
  if (discriminant < 0) return Number.POSITIVE_INFINITY;
  const t = (-b - Math.sqrt(discriminant)) / a;
  return t > 0 ? t : Number.POSITIVE_INFINITY;
}

/** The side between the ends first, then the sphere about the end that the ray passes. */
function intersectCapsule({ start, end, radius }: BodyPart, ray: Float64Array, dd: number): number {
  const bx = end[0] - start[0];
  const by = end[1] - start[1];
  const bz = end[2] - start[2];
  const ox = ray[0]! - start[0];
  const oy = ray[1]! - start[1];
  const oz = ray[2]! - start[2];
  const dx = ray[3]!;
  const dy = ray[4]!;
  const dz = ray[5]!;
  const bb = bx * bx + by * by + bz * bz;
  const bd = bx * dx + by * dy + bz * dz;
  const bo = bx * ox + by * oy + bz * oz;
  const od = ox * dx + oy * dy + oz * dz;
  const oo = ox * ox + oy * oy + oz * oz;
  const a = bb * dd - bd * bd;
  const b = bb * od - bo * bd;
  const discriminant = b * b - a * (bb * oo - bo * bo - radius * radius * bb);
  if (discriminant < 0) return Number.POSITIVE_INFINITY;
  // A ray along the axis (a = 0) meets an end alone.
  const side = a > 0 ? (-b - Math.sqrt(discriminant)) / a : Number.NEGATIVE_INFINITY;
  const along = a > 0 ? bo + side * bd : bd < 0 ? bb : 0;
  if (side > 0 && along > 0 && along < bb) return side;
  const atEnd = along >= bb;
  const cx = atEnd ? ox - bx : ox;
  const cy = atEnd ? oy - by : oy;
  const cz = atEnd ? oz - bz : oz;
  const half = cx * dx + cy * dy + cz * dz;
  const cap = half * half - dd * (cx * cx + cy * cy + cz * cz - radius * radius);
  if (cap < 0) return Number.POSITIVE_INFINITY;
  const t = (-half - Math.sqrt(cap)) / dd;
  return t > 0 ? t : Number.POSITIVE_INFINITY;
}

/** Writes the outward unit normal: `surface` holds the point in [0…2] and receives the normal in [3…5]. */
export function partNormal({ kind, start, end, toUnit: m }: BodyPart, surface: Float64Array): void {
  let px = surface[0]! - start[0];
  let py = surface[1]! - start[1];
  let pz = surface[2]! - start[2];
  if (kind === 'capsule') {
    const bx = end[0] - start[0];
    const by = end[1] - start[1];
    const bz = end[2] - start[2];
    const share = Math.min(1, Math.max(0, (px * bx + py * by + pz * bz) / (bx * bx + by * by + bz * bz)));
    px -= share * bx;
    py -= share * by;
    pz -= share * bz;
  } else {
    const qx = m[0]! * px + m[1]! * py + m[2]! * pz;
    const qy = m[3]! * px + m[4]! * py + m[5]! * pz;
    const qz = m[6]! * px + m[7]! * py + m[8]! * pz;
    px = m[0]! * qx + m[3]! * qy + m[6]! * qz;
    py = m[1]! * qx + m[4]! * qy + m[7]! * qz;
    pz = m[2]! * qx + m[5]! * qy + m[8]! * qz;
  }
  const scale = 1 / Math.sqrt(px * px + py * py + pz * pz);
  surface[3] = px * scale;
  surface[4] = py * scale;
  surface[5] = pz * scale;
}

/** Material of a part at a point of its surface. A head has hair above and behind, and eyes. */
export function coverAt({ kind, cover, start, toUnit: m }: BodyPart, surface: Float64Array): Cover {
  if (kind !== 'head') return cover;
  const px = surface[0]! - start[0];
  const py = surface[1]! - start[1];
  const pz = surface[2]! - start[2];
  const left = m[0]! * px + m[1]! * py + m[2]! * pz;
  const up = m[3]! * px + m[4]! * py + m[5]! * pz;
  const front = m[6]! * px + m[7]! * py + m[8]! * pz;
  if (0.75 * up - front > -0.22 && up > -0.6) return 'hair';
  const eye = (Math.abs(left) - 0.36) ** 2 + (up - 0.02) ** 2;
  return front > 0 && eye < 0.015 ? 'eye' : cover;
}
