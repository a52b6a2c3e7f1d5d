import { MediaError } from '../errors.js';
import { decodeJpeg } from './jpeg/decode.js';
import { orient } from './orient.js';
import { decodePng, type StoredImage } from './png/decode.js';
import { PNG_SIGNATURE } from './png/format.js';
import type { Raster, RgbImage } from './raster.js';
import { runSteps, runStepsAsync, type Steps } from './steps.js';

/**
 * Decodes a PNG or JPEG file, detected by its first bytes, to 8-bit RGB: EXIF orientation applied, transparency over white, the
 * upper 8 of 16 bits. Colour profiles and gamma are ignored.
 *
 * @throws MediaError if it is neither, or damaged, cut short, or above 64 megapixels
 */
export function decodeImage(bytes: Uint8Array): RgbImage {
  return runSteps(imageSteps(bytes));
}

/**
 * {@link decodeImage}, yielding to the event loop every few milliseconds, since large pictures take seconds.
 *
 * @throws MediaError as {@link decodeImage}
 * @throws CancelledError
 */
export function decodeImageAsync(bytes: Uint8Array, signal?: AbortSignal): Promise<RgbImage> {
  return runStepsAsync(imageSteps(bytes), signal, 'decoding the picture');
}

function* imageSteps(bytes: Uint8Array): Steps<RgbImage> {
  const { raster, orientation } = yield* decodeStored(bytes);
  yield;
  const rgb = rgbOver(raster);
  yield;
  return orient(rgb, orientation);
}

/**
 * Decodes a PNG or JPEG file to the channels it stores, EXIF orientation applied: 1 grey, 2 grey and alpha, 3 RGB or 4 RGBA
 * channels of 8 bits, or 16 where a PNG has them.
 *
 * @throws MediaError as {@link decodeImage}
 */
export function decodeRaster(bytes: Uint8Array): Raster<Uint8Array | Uint16Array> {
  const { raster, orientation } = runSteps(decodeStored(bytes));
  return orient(raster, orientation);
}

/**
 * Decodes a PNG or JPEG file of a map, such as depth, a mask or class ids: grey as it is stored, with 8 bits or 16; and of a PNG
 * with a palette the indices. Transparency is ignored.
 *
 * @returns one channel; three if the file is in colour
 * @throws MediaError as {@link decodeImage}
 */
export function decodeMap(bytes: Uint8Array): Raster<Uint8Array | Uint16Array> {
  const { raster, orientation } = runSteps(decodeStored(bytes, true));
  const { channels, data, ...size } = orient(raster, orientation);
  if (channels % 2 === 1) return { ...size, channels, data };
  const opaque = data.filter((_, i) => i % channels !== channels - 1);
  return { ...size, channels: channels - 1, data: opaque };
}

/**
 * Decodes a CMYK or YCCK JPEG file to its four inks, EXIF orientation applied.
 *
 * @returns cyan, magenta, yellow and black, 0 = no ink. [h · w · 4]
 * @throws MediaError as {@link decodeImage}, and for any other file
 */
export function decodeInks(bytes: Uint8Array): Raster<Uint8Array> {
  if (!isJpeg(bytes)) throw new MediaError('not a JPEG file; only these have inks');
  const { raster, orientation } = runSteps(decodeJpeg(bytes, true));
  return orient(raster as Raster<Uint8Array>, orientation);
}

/** Whether the bytes have the signature of a PNG or JPEG file. */
export function isImageFile(bytes: Uint8Array): boolean {
  return isPng(bytes) || isJpeg(bytes);
}

function isPng(bytes: Uint8Array): boolean {
  return PNG_SIGNATURE.every((byte, i) => bytes[i] === byte);
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
}

function* decodeStored(bytes: Uint8Array, indices = false): Steps<StoredImage> {
  if (!ArrayBuffer.isView(bytes)) throw new MediaError('the bytes of a picture are a Uint8Array');
  if (bytes.length === 0) throw new MediaError('the file is empty');
  if (isPng(bytes)) return yield* decodePng(bytes, indices);
  if (isJpeg(bytes)) return yield* decodeJpeg(bytes);
  throw new MediaError('not a PNG or JPEG file');
}

/** Pixels of any number of channels as RGB: grey is repeated, and transparent pixels are blended over white. */
export function rgbOver({ width, height, channels, data }: Raster<Uint8Array | Uint16Array>): RgbImage {
  if (channels === 3 && data instanceof Uint8Array) return { width, height, channels, data };
  const shift = data instanceof Uint16Array ? 8 : 0;
  // Offsets of green and blue from red; alpha is the last channel.
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2];
  const hasAlpha = channels % 2 === 0;
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0, from = 0, to = 0; i < width * height; i++, from += channels, to += 3) {
    const [r, g, b] = [data[from]! >> shift, data[from + green]! >> shift, data[from + blue]! >> shift];
    const alpha = hasAlpha ? data[from + channels - 1]! >> shift : 255;
    rgb[to] = overWhite(r, alpha);
    rgb[to + 1] = overWhite(g, alpha);
    rgb[to + 2] = overWhite(b, alpha);
  }
  return { width, height, channels: 3, data: rgb };
}

function overWhite(value: number, alpha: number): number {
  return alpha === 255 ? value : Math.round((value * alpha + 255 * (255 - alpha)) / 255);
}
