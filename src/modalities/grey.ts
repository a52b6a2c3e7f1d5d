import { InvalidInputError } from '../errors.js';
import { toGrey } from '../media/analysis/grey.js';
import type { Raster } from '../media/raster.js';

/**
 * An 8-bit image with 1 or 3 channels, converted to the other number where that is needed: to grey as Pillow does
 * ({@link toGrey}), to colour by three equal channels.
 *
 * @throws InvalidInputError for images of other than 1 or 3 channels
 */
export function withChannels(image: Raster<Uint8Array>, channels: 1 | 3): Raster<Uint8Array> {
  const { data } = image;
  if (image.channels !== 1 && image.channels !== 3) {
    throw new InvalidInputError(`an image has 1 channel or 3, not ${image.channels}`);
  }
  if (image.channels === channels) return image;
  if (channels === 1) return toGrey(image);
  return { ...image, channels, data: Uint8Array.from({ length: 3 * data.length }, (_, i) => data[Math.floor(i / 3)]!) };
}
