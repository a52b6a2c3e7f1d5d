import { MediaError } from '../errors.js';
import { decodeJpeg } from './jpeg.js';
import { orient } from './orient.js';
import { decodePng, PNG_SIGNATURE } from './png.js';
import type { Raster, RgbImage } from './raster.js';

/**
 * Decodes a PNG or JPEG file, told apart by their first bytes, to 8-bit RGB: turned as EXIF says, transparency over white,
 * 16 bits cut to the upper 8. Colour profiles and gamma are ignored.
 *
 * @throws MediaError if it is neither, or damaged, cut short, or above 64 megapixels
 */
export function decodeImage(bytes: Uint8Array): RgbImage {
  return toRgb(decodeRaster(bytes));
}

/**
 * Decodes a PNG or JPEG file to the channels it stores, turned as EXIF says: 1 grey, 2 grey and alpha, 3 RGB or 4 RGBA
 * channels of 8 bits, or 16 where a PNG has them.
 *
 * @throws MediaError as {@link decodeImage}
 */
export function decodeRaster(bytes: Uint8Array): Raster<Uint8Array | Uint16Array> {
  const { raster, orientation } = decodeStored(bytes);
  return orient(raster, orientation);
}

/**
 * Decodes a PNG or JPEG file of a map, such as depth, a mask or class ids: grey as it is stored, with 8 bits or 16; and of a PNG
 * with a palette the indices. Transparency is left out.
 *
 * @returns one channel; three if the file is in colour
 * @throws MediaError as {@link decodeImage}
 */
export function decodeMap(bytes: Uint8Array): Raster<Uint8Array | Uint16Array> {
  const { raster, orientation } = decodeStored(bytes, true);
  const { channels, data, ...size } = orient(raster, orientation);
  if (channels % 2 === 1) return { ...size, channels, data };
  const opaque = data.filter((_, i) => i % channels !== channels - 1);
  return { ...size, channels: channels - 1, data: opaque };
}

function decodeStored(bytes: Uint8Array, indices = false) {
  if (bytes.length === 0) throw new MediaError('the file is empty');
  if (PNG_SIGNATURE.every((byte, i) => bytes[i] === byte)) return decodePng(bytes, indices);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return decodeJpeg(bytes);
  throw new MediaError('not a PNG or JPEG file');
}

function toRgb({ width, height, channels, data }: Raster<Uint8Array | Uint16Array>): RgbImage {
  const shift = data instanceof Uint16Array ? 8 : 0;
  const isGrey = channels < 3;
  const alphaAt = channels % 2 === 0 ? channels - 1 : undefined;
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const alpha = alphaAt === undefined ? 255 : data[i * channels + alphaAt]! >> shift;
    for (let c = 0; c < 3; c++) {
      const value = data[i * channels + (isGrey ? 0 : c)]! >> shift;
      rgb[i * 3 + c] = Math.round((value * alpha + 255 * (255 - alpha)) / 255);
    }
  }
  return { width, height, channels: 3, data: rgb };
}
