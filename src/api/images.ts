import { InvalidInputError } from '../errors.js';
import { colourClasses, colourDepth, colourNormals } from '../media/colormap.js';
import { encodePng } from '../media/encode.js';
import type { Raster, RgbImage } from '../media/raster.js';
import { cropToSquare, resize } from '../media/resize.js';
import { fromTokenizerValues, type ImageValues } from '../modalities/images.js';
import type { ImageResult } from './results.js';

/** A picture cut to a square in its middle and scaled to `size` pixels a side; maps of classes or vectors are not blended. */
export function fitToSquare(image: Raster, values: ImageValues, size: number): Raster {
  if (image.width === size && image.height === size) return image;
  return resize(cropToSquare(image), size, size, values.kind === 'rgb' ? 'bicubic' : 'nearest');
}

/** What a tokenizer decoded, as users get it. */
export function imageResult(values: ImageValues, tokens: Int32Array, decoded: Float32Array, size: number): ImageResult {
  const raster = fromTokenizerValues(values, decoded, size, size);
  const toImage = () => drawImage(values, raster);
  return {
    kind: 'image',
    tokens,
    values: raster,
    classes: values.kind === 'classes' ? values.names : undefined,
    toImage,
    toPng: () => encodePng(toImage()),
  };
}

/** A map as people draw it: depth by colour from near to far, normals as colours, classes in their palette. */
export function drawImage(values: ImageValues, raster: Raster): RgbImage {
  switch (values.kind) {
    case 'rgb':
      if (!(raster.data instanceof Uint8Array)) throw new InvalidInputError('a picture must have 8-bit colours');
      return raster as RgbImage;
    case 'depth':
      return colourDepth(raster as Raster<Float32Array>, [values.near, values.far]);
    case 'normal':
      return colourNormals(raster as Raster<Float32Array>);
    case 'classes':
      return colourClasses(raster as Raster<Uint8Array>, values.palette);
  }
}
