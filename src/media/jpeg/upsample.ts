import type { Frame } from './frame.js';
import type { Plane } from './planes.js';

/** Writes a row of a component at the resolution of the picture: its samples, 0…255, from the row's number. */
export type RowSource = (y: number, row: Uint8ClampedArray) => void;

/**
 * The rows of a component at full resolution, as libjpeg's "fancy upsampling" computes them: a component of half the width,
 * height or both is interpolated between the centres of its samples, with weights of 3 to 1; others, and those of one or two
 * samples a row, are repeated.
 */
export function upsampledRows({ component, samples, stride }: Plane, { width, maxH, maxV }: Frame): RowSource {
  const [stepX, stepY] = [maxH / component.h, maxV / component.v];
  const isWideEnough = component.width > 2;
  if (stepX === 1 && stepY === 1) return (y, row) => row.set(samples.subarray(y * stride, y * stride + width));
  if (stepX === 2 && stepY === 1 && isWideEnough) {
    return (y, row) => doubleWidth(samples, y * stride, component.width, row);
  }
  if (stepX === 1 && stepY === 2)
    return (y, row) => betweenRows(samples, nearRows(y, component.height, stride), y, row);
  if (stepX === 2 && stepY === 2 && isWideEnough) {
    return (y, row) => doubleBoth(samples, nearRows(y, component.height, stride), component.width, row);
  }
  return (y, row) => {
    const from = Math.floor(y / stepY) * stride;
    for (let x = 0, at = from, left = stepX; x < width; x++) {
      row[x] = samples[at]!;
      if (--left === 0) {
        left = stepX;
        at++;
      }
    }
  };
}

/** Offsets of the row that holds y, and of its neighbour nearer to y: above for even y, below for odd y. */
function nearRows(y: number, height: number, stride: number): { near: number; far: number } {
  const near = y >> 1;
  const far = y % 2 === 0 ? Math.max(0, near - 1) : Math.min(height - 1, near + 1);
  return { near: near * stride, far: far * stride };
}

// Halves are rounded up and down by turns, as in libjpeg: the added constants below differ for that.

function doubleWidth(samples: Uint8ClampedArray, from: number, width: number, row: Uint8ClampedArray): void {
  for (let x = 0; x < width; x++) {
    const own = 3 * samples[from + x]!;
    row[2 * x] = x === 0 ? samples[from]! : (own + samples[from + x - 1]! + 1) >> 2;
    row[2 * x + 1] = x === width - 1 ? samples[from + x]! : (own + samples[from + x + 1]! + 2) >> 2;
  }
}

function betweenRows(
  samples: Uint8ClampedArray,
  { near, far }: { near: number; far: number },
  y: number,
  row: Uint8ClampedArray,
): void {
  const bias = y % 2 === 0 ? 1 : 2;
  for (let x = 0; x < row.length; x++) row[x] = (3 * samples[near + x]! + samples[far + x]! + bias) >> 2;
}

function doubleBoth(
  samples: Uint8ClampedArray,
  { near, far }: { near: number; far: number },
  width: number,
  row: Uint8ClampedArray,
): void {
  let before = 0;
  let own = 3 * samples[near]! + samples[far]!;
  for (let x = 0; x < width; x++) {
    const after = x === width - 1 ? own : 3 * samples[near + x + 1]! + samples[far + x + 1]!;
    row[2 * x] = x === 0 ? (4 * own + 8) >> 4 : (3 * own + before + 8) >> 4;
    row[2 * x + 1] = x === width - 1 ? (4 * own + 7) >> 4 : (3 * own + after + 7) >> 4;
    before = own;
    own = after;
  }
}
