/** Objects of a picture, drawn over it. */
import { classPalette, drawBoxes } from '../../../media/colormap.js';
import type { Raster, RgbImage } from '../../../media/raster.js';
import { resize } from '../../../media/resize.js';
import type { SamInstance } from '../../../modalities/text/sam-instances.js';
import { drawInstances, type SamMask } from '../../../modalities/text/sam-masks.js';

/** Pixels a side of the picture that the published models place objects in. */
const PICTURE = 224;

/** Pixels a side of a drawing: enough for the outlines of small objects. */
const DRAWN = 448;

/** How much of an object's colour covers the picture inside its outline. */
const TINT = 0.4;

/**
 * Objects over a picture, each in a colour of its own: their outlines where there are masks, and else their boxes. The picture
 * is enlarged to 448 pixels a side.
 *
 * @param image the square that the model saw
 */
export function drawMasks(image: RgbImage, objects: readonly (SamMask | SamInstance)[]): RgbImage {
  const canvas = resize(image, DRAWN, DRAWN, 'bicubic');
  const masks = objects.flatMap((object) => ('mask' in object ? [scaled(object)] : []));
  if (masks.length > 0) return tinted(canvas, drawInstances(masks, DRAWN, DRAWN), masks.length);
  const boxes = objects.map(({ box: { xmin, ymin, xmax, ymax } }, i) => ({
    label: `${i + 1}`,
    box: { xmin: xmin / PICTURE, ymin: ymin / PICTURE, xmax: xmax / PICTURE, ymax: ymax / PICTURE },
  }));
  return drawBoxes(canvas, boxes);
}

function scaled({ box, ...rest }: SamMask): SamMask {
  const by = DRAWN / PICTURE;
  return { ...rest, box: { xmin: box.xmin * by, ymin: box.ymin * by, xmax: box.xmax * by, ymax: box.ymax * by } };
}

/** @param ids for every pixel the number of its object, from 1, and 0 where there is none */
function tinted(image: RgbImage, { width, height, data: ids }: Raster<Int32Array>, count: number): RgbImage {
  const palette = classPalette(count);
  const data = image.data.slice();
  ids.forEach((id, at) => {
    if (id === 0) return;
    const [x, y] = [at % width, Math.floor(at / width)];
    const neighbours = [x > 0 && at - 1, x < width - 1 && at + 1, y > 0 && at - width, y < height - 1 && at + width];
    const isEdge = neighbours.some((other) => other === false || ids[other] !== id);
    const share = isEdge ? 1 : TINT;
    palette[id - 1]!.forEach((colour, c) => {
      data[3 * at + c] = Math.round(share * colour + (1 - share) * data[3 * at + c]!);
    });
  });
  return { ...image, data };
}
