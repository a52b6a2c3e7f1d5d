/** Edge maps: 8-bit, one channel, 255 on an edge and 0 elsewhere; the published tokenizer of both reads them as -1…1. */
import { canny } from '../../media/analysis/canny.js';
import { greyOpenCv, toGrey } from '../../media/analysis/grey.js';
import type { Raster } from '../../media/raster.js';
import type { ToyboxSample } from '../sample.js';

/**
 * Thresholds on |dx| + |dy| of the Sobel gradient. The official code reads finished edge maps and has no thresholds; these
 * detect the outlines of solids and people, the foot of the wall and most shadows, but not shading.
 */
const LOW = 40;
const HIGH = 90;
/** Grey levels between neighbouring segments: far above the thresholds. */
const STEP = 40;

/** Canny edges of the picture, without blur: at this size an outline is a few pixels from the next. (`tok_canny_edge`.) */
export function cannyEdges({ rgb }: Pick<ToyboxSample, 'rgb'>): Raster<Uint8Array> {
  return canny(toGrey(rgb, greyOpenCv), LOW, HIGH);
}

/**
 * Edges of the instance segmentation (`tok_sam_edge`): Canny edges of a picture in which every segment (floor, wall, each
 * object) has a grey level of its own. Unlike those of the picture they have no shadows and no edges inside an object.
 */
export function instanceEdges({ instance, semseg }: Pick<ToyboxSample, 'instance' | 'semseg'>): Raster<Uint8Array> {
  const data = instance.data.map((id, pixel) => STEP * (id > 0 ? id + 1 : semseg.data[pixel]!));
  return canny({ ...instance, data }, LOW, HIGH);
}
