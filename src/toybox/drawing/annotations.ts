/** Annotations of a sample as people draw them. */
import { classPalette } from '../../media/colormap.js';
import { scaleNearest } from '../../media/draw.js';
import type { RgbImage } from '../../media/raster.js';
import { tintObjects } from '../../media/tint.js';
import type { ToyboxSample } from '../sample.js';

/** The visible objects over the picture, each in a colour of its own with an outline; pixels enlarged to `scale` × `scale`. */
export function drawInstances({ rgb, instance, objects }: ToyboxSample, scale: number): RgbImage {
  const palette = classPalette(objects.length);
  const colours = new Map(objects.map((object, i) => [object.instance, palette[i]!]));
  return tintObjects(scaleNearest(rgb, scale), scaleNearest(instance, scale), (id) => colours.get(id));
}
