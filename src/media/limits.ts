import { MediaError } from '../errors.js';

/** The largest picture that is decoded, in pixels. */
export const MAX_PIXELS = 64e6;

/** Maximum size of a file of such a picture: four uncompressed channels of 16 bits, and as much for metadata. */
export const MAX_FILE_BYTES = 16 * MAX_PIXELS;

/** Checks the size a file announces, before anything of that size is allocated. @throws MediaError */
export function checkSize(format: string, width: number, height: number): void {
  if (width < 1 || height < 1) throw new MediaError(`damaged ${format}: its size is ${width} × ${height}`);
  if (width * height > MAX_PIXELS) {
    throw new MediaError(
      `the picture is too large: ${width} × ${height} = ${(width * height) / 1e6} megapixels; the limit is ${MAX_PIXELS / 1e6}`,
    );
  }
}

/** The message of a decoder's error, in one line. */
export function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .split('\n')[0]!
    .replace(/[\s:]+$/, '')
    .slice(0, 200);
}
