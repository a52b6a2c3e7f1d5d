/** Objects of a picture, drawn over it. */
import { classPalette, drawBoxes } from '../../media/colormap.js';
import type { RgbImage } from '../../media/raster.js';
import { resize } from '../../media/resize.js';
import { tintObjects } from '../../media/tint.js';
import type { SamInstance } from './sam-instances.js';
import { drawInstances, type SamMask } from './sam-masks.js';

/** Pixels a side of a drawing: enough for the outlines of small objects. */
const DRAWN = 448;

/**
 * Objects over a picture, each in a colour of its own: their outlines where there are masks, and else their boxes. The picture
 * is enlarged to 448 pixels a side.
 *
 * @param image the square that the model saw
 * @param size  pixels a side of the picture that boxes are in
 */
export function drawMasks(image: RgbImage, objects: readonly (SamMask | SamInstance)[], size: number): RgbImage {
  const canvas = resize(image, DRAWN, DRAWN, 'bicubic');
  const by = DRAWN / size;
  const scaled = ({ xmin, ymin, xmax, ymax }: SamMask['box'], factor: number) => ({
    xmin: xmin * factor,
    ymin: ymin * factor,
    xmax: xmax * factor,
    ymax: ymax * factor,
  });
  const masks = objects.flatMap((object) => ('count' in object ? [{ ...object, box: scaled(object.box, by) }] : []));
  if (masks.length > 0) {
    const palette = classPalette(masks.length);
    return tintObjects(canvas, drawInstances(masks, DRAWN, DRAWN), (id) => palette[id - 1]);
  }
  const boxes = objects.map(({ box }, i) => ({ label: `${i + 1}`, box: scaled(box, 1 / size) }));
  return drawBoxes(canvas, boxes);
}
