import { MediaError } from '../errors.js';
import { readFile } from '../io/read-file.js';
import { decodeImageAsync } from '../media/decode.js';
import type { RgbImage } from '../media/raster.js';

/**
 * Reads a picture.
 *
 * @throws InvalidInputError if there is no such file
 * @throws CancelledError
 * @throws MediaError naming the file if it is no picture, or one that cannot be used
 */
export async function readImage(path: string, signal?: AbortSignal): Promise<RgbImage> {
  const bytes = await readFile(path);
  try {
    return await decodeImageAsync(bytes, signal);
  } catch (error) {
    if (error instanceof MediaError) throw new MediaError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}
