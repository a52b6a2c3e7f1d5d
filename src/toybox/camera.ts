import type { Vector } from '../modalities/people/rotations.js';

/** A pinhole camera for square pictures. */

/** Position, axes (unit vectors) and opening of a camera. */
export interface Camera {
  readonly position: Vector;
  readonly right: Vector;
  readonly up: Vector;
  /** Where it looks. */
  readonly forward: Vector;
  /** Tangent of half the field of view, which is the same across and down. */
  readonly tangent: number;
}

/**
 * A camera that looks at a target.
 *
 * @param target    the point in the middle of the picture
 * @param distance  from the camera to the target, metres
 * @param yaw       turn to the right of the z axis, radians
 * @param pitch     tilt below the horizon, radians
 * @param tangent   tangent of half the field of view
 */
export function lookAt(target: Vector, distance: number, yaw: number, pitch: number, tangent: number): Camera {
  const forward: Vector = [Math.sin(yaw) * Math.cos(pitch), -Math.sin(pitch), Math.cos(yaw) * Math.cos(pitch)];
  return {
    position: [target[0] - distance * forward[0], target[1] - distance * forward[1], target[2] - distance * forward[2]],
    right: [Math.cos(yaw), 0, -Math.sin(yaw)],
    up: [Math.sin(yaw) * Math.sin(pitch), Math.cos(pitch), Math.cos(yaw) * Math.sin(pitch)],
    forward,
    tangent,
  };
}

/** Where a point appears: x and y in the picture (0…1 from the left and the top), and its z-depth in metres. */
export function project(camera: Camera, point: Vector): { x: number; y: number; depth: number } {
  const offset: Vector = [point[0] - camera.position[0], point[1] - camera.position[1], point[2] - camera.position[2]];
  const depth = dot(offset, camera.forward);
  const scale = 0.5 / (depth * camera.tangent);
  return { x: 0.5 + dot(offset, camera.right) * scale, y: 0.5 - dot(offset, camera.up) * scale, depth };
}

/** Inner product of two vectors. */
export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
