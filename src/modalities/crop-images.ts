/** Crops all image modalities of a sample to the same part, and resizes them to the model's size. (`ImageTransform` officially.) */
import { InvalidInputError } from '../errors.js';
import type { Raster, RasterData } from '../media/raster.js';
import { type ResizeFilter, resize } from '../media/resize.js';
import type { CropArea, PictureSize } from './boxes.js';

/** The largest centred square of a picture, rounded to the left and top. */
export function centreSquare({ width, height }: PictureSize): CropArea {
  const side = Math.min(width, height);
  return { left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2), width: side, height: side };
}

/** The smallest square that contains a whole picture in its top left. */
export function surroundingSquare({ width, height }: PictureSize): CropArea {
  const side = Math.max(width, height);
  return { left: 0, top: 0, width: side, height: side };
}

/**
 * Crops and resizes a raster. Values outside the raster are 0.
 *
 * @param filter `nearest` for class ids and masks
 * @param options.compat `official` takes the new height for the width and the other way round
 * @throws {InvalidInputError} if a size is not a whole number from 1, or the part begins between two pixels
 */
export function cropAndResize<T extends RasterData>(
  raster: Raster<T>,
  area: CropArea,
  size: PictureSize,
  filter: ResizeFilter,
  options: { readonly compat?: 'official' } = {},
): Raster<T> {
  const part = paddedCrop(raster, area);
  const isSwapped = options.compat === 'official';
  return resize(part, isSwapped ? size.height : size.width, isSwapped ? size.width : size.height, filter);
}

/** Mirrors a raster horizontally. */
export function flipImage<T extends RasterData>({ width, height, channels, data }: Raster<T>): Raster<T> {
  const flipped = data.slice() as T;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels;
      flipped.set(data.subarray(from, from + channels), (y * width + width - 1 - x) * channels);
    }
  }
  return { width, height, channels, data: flipped };
}

/** Mirrors a map of normals horizontally, with the first component negated (255 − value in 8-bit maps). */
export function flipNormals<T extends Uint8Array | Float32Array>(normals: Raster<T>): Raster<T> {
  const flipped = flipImage(normals);
  const { data, channels } = flipped;
  const sum = data instanceof Uint8Array ? 255 : 0;
  for (let i = 0; i < data.length; i += channels) data[i] = sum - data[i]!;
  return flipped;
}

function paddedCrop<T extends RasterData>(raster: Raster<T>, { left, top, width, height }: CropArea): Raster<T> {
  const isWhole = [left, top, width, height].every(Number.isInteger);
  if (!isWhole || width < 1 || height < 1) {
    throw new InvalidInputError(`cannot crop ${width} × ${height} at (${left}, ${top}): whole numbers, sizes from 1`);
  }
  const { channels } = raster;
  const data = new (raster.data.constructor as new (length: number) => T)(width * height * channels);
  const from = Math.max(left, 0);
  const to = Math.min(left + width, raster.width);
  for (let y = Math.max(top, 0); y < Math.min(top + height, raster.height) && from < to; y++) {
    const row = raster.data.subarray((y * raster.width + from) * channels, (y * raster.width + to) * channels);
    data.set(row, ((y - top) * width + from - left) * channels);
  }
  return { width, height, channels, data };
}
