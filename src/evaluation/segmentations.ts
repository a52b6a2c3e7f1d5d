import { InvalidInputError } from '../errors.js';
import { polygonsToMask } from './polygons.js';
import { stringToRuns } from './run-length-string.js';
import type { RunLengths } from './run-lengths.js';

/** A mask in COCO's format: polygons, or run lengths as numbers or as a string. */
export type CocoSegmentation =
  | readonly (readonly number[])[]
  | { readonly size: readonly [height: number, width: number]; readonly counts: string | readonly number[] };

/**
 * The mask of an annotation or a result.
 *
 * @param height of the image; run lengths have their own size
 * @param width  of the image
 * @throws {InvalidInputError} for an unreadable mask, or one of another size than its image
 */
export function segmentationToMask(segmentation: CocoSegmentation, height: number, width: number): RunLengths {
  if (!('counts' in segmentation)) return polygonsToMask(segmentation, height, width);
  const [h, w] = segmentation.size;
  if (h !== height || w !== width) {
    throw new InvalidInputError(`a mask of ${h} × ${w} does not fit an image of ${height} × ${width}`);
  }
  const { counts } = segmentation;
  return { height, width, counts: typeof counts === 'string' ? stringToRuns(counts) : counts };
}
