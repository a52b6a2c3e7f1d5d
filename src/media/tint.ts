import type { Colour } from './draw.js';
import type { Raster, RgbImage } from './raster.js';

/** Opacity of an object's colour inside its outline. */
const TINT = 0.4;
/** Width of an outline in pixels, inside the object. */
const OUTLINE = 2;

/**
 * A copy of a picture with objects tinted in their colours, each with an outline of full colour. The border of the picture is not
 * outlined.
 *
 * @param ids      the object of every pixel, of the picture's size
 * @param colourOf the colour of an object; undefined for no object
 */
export function tintObjects(
  image: RgbImage,
  { width, height, data: ids }: Raster<Int32Array | Uint8Array>,
  colourOf: (id: number) => Colour | undefined,
): RgbImage {
  const data = image.data.slice();
  const steps = Array.from({ length: OUTLINE }, (_, i) => [-i - 1, i + 1]).flat();
  ids.forEach((id, p) => {
    const colour = colourOf(id);
    if (colour === undefined) return;
    const [x, y] = [p % width, Math.floor(p / width)];
    const isOutline = steps.some(
      (step) =>
        (x + step >= 0 && x + step < width && ids[p + step] !== id) ||
        (y + step >= 0 && y + step < height && ids[p + step * width] !== id),
    );
    const share = isOutline ? 1 : TINT;
    colour.forEach((value, c) => {
      data[3 * p + c] = Math.round(share * value + (1 - share) * data[3 * p + c]!);
    });
  });
  return { ...image, data };
}
