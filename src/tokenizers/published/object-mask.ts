import { InvalidInputError } from '../../errors.js';
import type { Raster } from '../../media/raster.js';
import { crop, resize } from '../../media/resize.js';

/** Minimum value of pixels of the object. */
const INSIDE = 128;

/**
 * The box around an object, stretched to a square: 1 where the object is, 0 elsewhere. (`SAMInstanceTransform` officially,
 * which draws the object's outline there.)
 *
 * @param mask 8 bits, one channel
 * @param size pixels a side
 * @throws InvalidInputError if no pixel belongs to the object
 */
export function objectMask(mask: Raster<Uint8Array>, size: number): Raster<Float32Array> {
  const box = boxAround(mask);
  const stretched = resize(crop(mask, box.x, box.y, box.width, box.height), size, size, 'nearest');
  return { ...stretched, data: Float32Array.from(stretched.data, (x) => Number(x >= INSIDE)) };
}

function boxAround({ width, data }: Raster<Uint8Array>) {
  let [left, right, top, bottom] = [Number.POSITIVE_INFINITY, -1, -1, -1];
  data.forEach((value, i) => {
    if (value < INSIDE) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    if (top < 0) top = y;
    bottom = y;
  });
  if (bottom < 0) throw new InvalidInputError(`mask: no object in it; it is where values are ${INSIDE} or more`);
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}
