/** Reads maps from users' files, and crops them to the square that a model reads. */
import type { Input } from '../../../api/types/inputs.js';
import { InvalidInputError } from '../../../errors.js';
import { decodeMap } from '../../../media/decode.js';
import type { Raster, RasterData } from '../../../media/raster.js';
import { cropToSquare, resize } from '../../../media/resize.js';

/**
 * The map of an input.
 *
 * @param name     its name in errors
 * @param channels required number; any if absent
 * @throws InvalidInputError for other inputs than maps, and for another number of channels
 * @throws MediaError for a damaged file
 */
export function mapIn(name: string, input: Input, channels?: number): Raster {
  const map = input instanceof Uint8Array ? decodeMap(input) : input;
  if (!isRaster(map)) throw new InvalidInputError(`'${name}' takes a PNG or JPEG file or a .npy map`);
  if (channels === undefined || map.channels === channels) return map;
  throw new InvalidInputError(`a map of ${name} has ${channels} channels, not ${map.channels}`);
}

/** A map cropped to its centred square, as models crop pictures, and resized. */
export function squareMap<T extends RasterData>(
  map: Raster<T>,
  size: number,
  filter: 'nearest' | 'bicubic',
): Raster<T> {
  return resize(cropToSquare(map), size, size, filter);
}

function isRaster(input: unknown): input is Raster {
  return typeof input === 'object' && input !== null && 'data' in input && 'channels' in input;
}
