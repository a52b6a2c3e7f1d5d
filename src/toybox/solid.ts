import type { Random } from '../random.js';
import { COLOURS, type Colour, MATERIALS, SHAPES, type Shape, type Size } from './constants.js';
import { between } from './draws.js';
import type { Solid } from './shapes.js';

/**
 * A random solid on the floor, of any shape, colour and material.
 *
 * @param x, z  its place on the floor in metres
 */
export function drawSolid(random: Random, x: number, z: number, size: Size): Solid {
  const shape = random.pick(SHAPES);
  const colour: Colour = random.pick(COLOURS);
  const material = random.pick(MATERIALS);
  const radius = size === 'big' ? between(random, 0.7, 0.84) : between(random, 0.42, 0.5);
  const upright = shape === 'ring' && random.uniform() < 0.65;
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
      const tube = 0.25 * radius * stretch();
      const outer = 1.14 * radius;
      return [outer - tube, tube, 0, upright ? outer : tube, outer];
    }
  }
}
