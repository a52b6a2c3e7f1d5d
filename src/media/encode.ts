import { encode } from 'fast-png';
import { InvalidInputError } from '../errors.js';
import type { Raster } from './raster.js';

/**
 * A PNG file of a picture: 1, 3 or 4 channels of 8 bits, or one grey channel of 16 bits. Equal pictures give equal files.
 *
 * @throws InvalidInputError if the channels are others, or the data do not fill width × height
 */
export function encodePng({ width, height, channels, data }: Raster<Uint8Array | Uint16Array>): Uint8Array {
  const is16 = data instanceof Uint16Array;
  if (!(is16 ? [1] : [1, 3, 4]).includes(channels)) {
    throw new InvalidInputError(`a PNG of ${channels} channels with ${is16 ? 16 : 8} bits is not written`);
  }
  if (!(width >= 1 && height >= 1) || data.length !== width * height * channels) {
    throw new InvalidInputError(`${data.length} values do not fill ${width} × ${height} × ${channels}`);
  }
  return encode({ width, height, channels, data, depth: is16 ? 16 : 8 });
}
