/** Moving and stretching boxes. Points and boxes are 0…1 from the left and the top of the picture. */
import type { Box } from '../../../src/media/box.js';
import type { Point } from './people.js';

/** The side or corner that is dragged; without sides, the whole box. */
export interface Grip {
  readonly x?: 'xmin' | 'xmax';
  readonly y?: 'ymin' | 'ymax';
}

/** Maximum distance from a side at which the pointer grabs it. */
const NEAR = 0.03;

/** The smallest box at a point, and the side or corner that is grabbed there. @returns undefined if there is no box */
export function grabBox(boxes: readonly Box[], { x, y }: Point): { index: number; grip: Grip } | undefined {
  const hit = boxes.flatMap((box, index) => {
    const { xmin, ymin, xmax, ymax } = box;
    const isOver = x > xmin - NEAR && x < xmax + NEAR && y > ymin - NEAR && y < ymax + NEAR;
    return isOver ? [{ index, box, area: (xmax - xmin) * (ymax - ymin) }] : [];
  });
  const [smallest] = hit.sort((a, b) => a.area - b.area);
  if (!smallest) return undefined;
  const { xmin, ymin, xmax, ymax } = smallest.box;
  const across = nearer(x, xmin, xmax);
  const down = nearer(y, ymin, ymax);
  return {
    index: smallest.index,
    grip: {
      ...(across !== undefined && { x: across ? ('xmax' as const) : ('xmin' as const) }),
      ...(down !== undefined && { y: down ? ('ymax' as const) : ('ymin' as const) }),
    },
  };
}

/** A box grabbed at `from` and dragged to `to`. It stays inside the picture, and its sides stay in order. */
export function dragBox(box: Box, { x, y }: Grip, from: Point, to: Point): Box {
  if (x || y) {
    const across = x ? withSide(box, x, to.x) : box;
    return y ? withSide(across, y, to.y) : across;
  }
  const right = clamp(to.x - from.x, -box.xmin, 1 - box.xmax);
  const down = clamp(to.y - from.y, -box.ymin, 1 - box.ymax);
  return { xmin: box.xmin + right, ymin: box.ymin + down, xmax: box.xmax + right, ymax: box.ymax + down };
}

/** A box with one side moved. If it passes the opposite side, the two are swapped. */
export function withSide(box: Box, side: keyof Box, value: number): Box {
  const { xmin, ymin, xmax, ymax }: Box = { ...box, [side]: clamp(value, 0, 1) };
  return {
    xmin: Math.min(xmin, xmax),
    ymin: Math.min(ymin, ymax),
    xmax: Math.max(xmin, xmax),
    ymax: Math.max(ymin, ymax),
  };
}

/** Whether a coordinate is near the low side (false), the high one (true), or none. */
function nearer(at: number, low: number, high: number): boolean | undefined {
  const [toLow, toHigh] = [Math.abs(at - low), Math.abs(at - high)];
  if (Math.min(toLow, toHigh) >= NEAR) return undefined;
  return toHigh <= toLow;
}

function clamp(x: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, x));
}
