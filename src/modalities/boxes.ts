/** Rectangles in a picture, and their conversion when the picture is cropped or flipped. */

import type { Box } from '../media/box.js';

export type { Box };

/** A part of a picture, in pixels from its left and top; it may reach beyond the picture. */
export interface CropArea {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The size of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Converts a box of a picture to a box of a part of it; coordinates outside the part are below 0 or above 1. */
export function boxInCrop(box: Box, crop: CropArea, picture: PictureSize): Box {
  return {
    xmin: (box.xmin * picture.width - crop.left) / crop.width,
    ymin: (box.ymin * picture.height - crop.top) / crop.height,
    xmax: (box.xmax * picture.width - crop.left) / crop.width,
    ymax: (box.ymax * picture.height - crop.top) / crop.height,
  };
}

/** The part of a box that lies in the picture. */
export function clipBox(box: Box): Box {
  const clip = (x: number) => Math.min(Math.max(x, 0), 1);
  return { xmin: clip(box.xmin), ymin: clip(box.ymin), xmax: clip(box.xmax), ymax: clip(box.ymax) };
}

/** Mirrors a box horizontally. */
export function flipBox(box: Box): Box {
  return { ...box, xmin: 1 - box.xmax, xmax: 1 - box.xmin };
}

/** The area of a box; for fractions, the share of the picture. */
export function boxArea(box: Box): number {
  return (box.xmax - box.xmin) * (box.ymax - box.ymin);
}

/** The area of the intersection of two boxes. */
export function intersectionArea(a: Box, b: Box): number {
  const width = Math.min(a.xmax, b.xmax) - Math.max(a.xmin, b.xmin);
  const height = Math.min(a.ymax, b.ymax) - Math.max(a.ymin, b.ymin);
  return width > 0 && height > 0 ? width * height : 0;
}
