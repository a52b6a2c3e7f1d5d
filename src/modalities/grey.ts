import { InvalidInputError } from '../errors.js';
import type { Raster } from '../media/raster.js';

/**
 * An 8-bit picture in colour or in grey, as the other of the two if that is wanted. Grey is made as Pillow does: 0.299 red,
 * 0.587 green, 0.114 blue (ITU-R BT.601), in fixed point.
 *
 * @throws InvalidInputError for pictures of other than 1 or 3 channels
 */
export function withChannels(picture: Raster<Uint8Array>, channels: 1 | 3): Raster<Uint8Array> {
  const { data } = picture;
  if (picture.channels !== 1 && picture.channels !== 3) {
    throw new InvalidInputError(`a picture has 1 channel or 3, not ${picture.channels}`);
  }
  if (picture.channels === channels) return picture;
  const values =
    channels === 3
      ? Uint8Array.from({ length: 3 * data.length }, (_, i) => data[Math.floor(i / 3)]!)
      : Uint8Array.from({ length: data.length / 3 }, (_, i) => grey(data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!));
  return { ...picture, channels, data: values };
}

function grey(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}
