/**
 * The five solids: where a ray meets each, and the surface normal there. World space: x right, y up (the floor is y = 0),
 * z away from the camera towards the wall. Rays and points are passed in small float arrays that are used again and again,
 * because numbers passed one by one would each be allocated.
 */
import type { Colour, Material, Shape, Size } from './constants.js';

/** A solid that stands or lies on the floor. Lengths in metres. */
export interface Solid {
  readonly shape: Shape;
  readonly colour: Colour;
  readonly size: Size;
  readonly material: Material;
  /** Where it stands on the floor. */
  readonly x: number;
  readonly z: number;
  /** Cosine and sine of the turn about the vertical axis; balls, cylinders and cones do not need one. */
  readonly cosYaw: number;
  readonly sinYaw: number;
  /** Ball, cylinder and cone: radius. Box: half width. Ring: radius of the circle in the middle of the tube. */
  readonly a: number;
  /** Ball: radius. Box: half height. Cylinder and cone: height. Ring: radius of the tube. */
  readonly b: number;
  /** Box: half depth. Others: 0. */
  readonly c: number;
  /** Rings only: true when it stands on its edge, false when it lies flat. */
  readonly upright: boolean;
  /** Height of the centre above the floor. */
  readonly y: number;
  /** Radius of a sphere about the centre (x, y, z) that holds the whole solid. */
  readonly bound: number;
}

/**
 * Where a ray first enters a solid.
 *
 * @param ray origin o (x, y, z) and direction d (x, y, z), which need not be a unit vector
 * @returns   the smallest t > 0 for which o + t·d is on the solid; Infinity when there is none
 */
export function intersect(s: Solid, ray: Float64Array): number {
  const px = ray[0]! - s.x;
  const py = ray[1]! - s.y;
  const pz = ray[2]! - s.z;
  const dx = ray[3]!;
  const dy = ray[4]!;
  const dz = ray[5]!;
  const dd = dx * dx + dy * dy + dz * dz;
  const pd = px * dx + py * dy + pz * dz;
  const outside = px * px + py * py + pz * pz - s.bound * s.bound;
  const discriminant = pd * pd - dd * outside;
  if (discriminant < 0 || (outside > 0 && pd > 0)) return Number.POSITIVE_INFINITY;
  if (s.shape === 'ball') return positive((-pd - Math.sqrt(discriminant)) / dd);
  local[0] = s.cosYaw * px - s.sinYaw * pz;
  local[1] = py;
  local[2] = s.sinYaw * px + s.cosYaw * pz;
  local[3] = s.cosYaw * dx - s.sinYaw * dz;
  local[4] = dy;
  local[5] = s.sinYaw * dx + s.cosYaw * dz;
  switch (s.shape) {
    case 'box':
      return box(s);
    case 'cylinder':
      return cylinder(s);
    case 'cone':
      return cone(s);
    case 'ring':
      return ring(s);
  }
}

/**
 * Writes the outward unit normal of a solid.
 *
 * @param surface  [0…2]: a point of the solid's surface; [3…5]: receives the normal
 */
export function surfaceNormal(s: Solid, surface: Float64Array): void {
  const px = surface[0]! - s.x;
  const py = surface[1]! - s.y;
  const pz = surface[2]! - s.z;
  const qx = s.cosYaw * px - s.sinYaw * pz;
  const qz = s.sinYaw * px + s.cosYaw * pz;
  let nx = 0;
  let ny = 0;
  let nz = 0;
  switch (s.shape) {
    case 'ball':
      nx = qx;
      ny = py;
      nz = qz;
      break;
    case 'box': {
      const fx = Math.abs(qx) / s.a;
      const fy = Math.abs(py) / s.b;
      const fz = Math.abs(qz) / s.c;
      if (fy >= fx && fy >= fz) ny = Math.sign(py);
      else if (fx >= fz) nx = Math.sign(qx);
      else nz = Math.sign(qz);
      break;
    }
    case 'cylinder':
      if (py > s.b / 2 - EDGE) {
        ny = 1;
      } else {
        nx = qx;
        nz = qz;
      }
      break;
    case 'cone':
      nx = qx;
      ny = (s.a / s.b) * Math.sqrt(qx * qx + qz * qz);
      nz = qz;
      break;
    case 'ring': {
      const inPlane = s.upright ? py : qz;
      const inward = 1 - s.a / Math.sqrt(qx * qx + inPlane * inPlane);
      nx = qx * inward;
      ny = s.upright ? py * inward : py;
      nz = s.upright ? qz : qz * inward;
    }
  }
  const scale = 1 / Math.sqrt(nx * nx + ny * ny + nz * nz);
  surface[3] = (s.cosYaw * nx + s.sinYaw * nz) * scale;
  surface[4] = ny * scale;
  surface[5] = (s.cosYaw * nz - s.sinYaw * nx) * scale;
}

/** The ray in the solid's own axes, about its centre. */
const local = new Float64Array(6);

/** Points this close (metres) below a cylinder's top belong to the top. */
const EDGE = 1e-7;

function positive(t: number): number {
  return t > 0 ? t : Number.POSITIVE_INFINITY;
}

/** Slab test: the ray is inside the box from the last entry into a slab to the first exit from one. */
function box(s: Solid): number {
  const ix = 1 / local[3]!;
  const iy = 1 / local[4]!;
  const iz = 1 / local[5]!;
  const mx = -local[0]! * ix;
  const my = -local[1]! * iy;
  const mz = -local[2]! * iz;
  const wx = s.a * Math.abs(ix);
  const wy = s.b * Math.abs(iy);
  const wz = s.c * Math.abs(iz);
  const enter = Math.max(mx - wx, my - wy, mz - wz);
  const leave = Math.min(mx + wx, my + wy, mz + wz);
  return enter < leave ? positive(enter) : Number.POSITIVE_INFINITY;
}

/** The curved side first, then the disc that faces the ray. */
function cylinder(s: Solid): number {
  const px = local[0]!;
  const py = local[1]!;
  const pz = local[2]!;
  const dx = local[3]!;
  const dy = local[4]!;
  const dz = local[5]!;
  const half = s.b / 2;
  const a = dx * dx + dz * dz;
  const b = px * dx + pz * dz;
  const discriminant = b * b - a * (px * px + pz * pz - s.a * s.a);
  if (discriminant < 0) return Number.POSITIVE_INFINITY;
  const side = (-b - Math.sqrt(discriminant)) / a;
  if (side > 0 && Math.abs(py + side * dy) <= half) return side;
  const disc = ((dy < 0 ? half : -half) - py) / dy;
  const x = px + disc * dx;
  const z = pz + disc * dz;
  return disc > 0 && x * x + z * z <= s.a * s.a ? disc : Number.POSITIVE_INFINITY;
}

/** The side alone: the bottom is on the floor and never seen. Of the double cone's two hits, the first on the lower half. */
function cone(s: Solid): number {
  const px = local[0]!;
  const py = local[1]! - s.b / 2;
  const pz = local[2]!;
  const dx = local[3]!;
  const dy = local[4]!;
  const dz = local[5]!;
  const k = (s.a * s.a) / (s.b * s.b);
  const a = dx * dx + dz * dz - k * dy * dy;
  const b = px * dx + pz * dz - k * py * dy;
  const discriminant = b * b - a * (px * px + pz * pz - k * py * py);
  if (discriminant < 0) return Number.POSITIVE_INFINITY;
  const root = Math.sqrt(discriminant);
  const t0 = (-b - root) / a;
  const t1 = (-b + root) / a;
  const near = Math.min(t0, t1);
  const nearY = py + near * dy;
  if (near > 0 && nearY <= 0 && nearY >= -s.b) return near;
  const far = Math.max(t0, t1);
  const farY = py + far * dy;
  return far > 0 && farY <= 0 && farY >= -s.b ? far : Number.POSITIVE_INFINITY;
}

/** A search along a ray may end this close (metres) to the surface. */
const RING_PRECISION = 1e-7;
const RING_STEPS = 96;

/**
 * Steps along the ray by the exact distance to the surface, which can never pass through it, until the surface is reached
 * or the ray leaves the layer that the ring lies in.
 */
function ring(s: Solid): number {
  const px = local[0]!;
  const py = s.upright ? local[2]! : local[1]!;
  const pz = s.upright ? local[1]! : local[2]!;
  const dx = local[3]!;
  const dy = s.upright ? local[5]! : local[4]!;
  const dz = s.upright ? local[4]! : local[5]!;
  const dd = dx * dx + dy * dy + dz * dz;
  const pd = px * dx + py * dy + pz * dz;
  const root = Math.sqrt(Math.max(0, pd * pd - dd * (px * px + py * py + pz * pz - s.bound * s.bound)));
  const middle = -py / dy;
  const width = s.b / Math.abs(dy);
  const last = Math.min((root - pd) / dd, middle + width);
  const perMetre = 1 / Math.sqrt(dd);
  let t = Math.max(0, (-pd - root) / dd, middle - width);
  for (let step = 0; step < RING_STEPS && t <= last; step++) {
    const x = px + t * dx;
    const y = py + t * dy;
    const z = pz + t * dz;
    const across = Math.sqrt(x * x + z * z) - s.a;
    const distance = Math.sqrt(across * across + y * y) - s.b;
    if (distance < RING_PRECISION) return positive(t);
    t += distance * perMetre;
  }
  return Number.POSITIVE_INFINITY;
}
