import { InvalidInputError, MediaError } from '../../errors.js';
import { colourClasses, colourDepth, colourNormals } from '../../media/colormap.js';
import { decodeImage, decodeMap } from '../../media/decode.js';
import { encodePng } from '../../media/encode.js';
import type { Raster, RgbImage } from '../../media/raster.js';
import { cropToSquare, resize } from '../../media/resize.js';
import { withChannels } from '../../modalities/grey.js';
import { fromTokenizerValues, type ImageValues } from '../../modalities/images.js';
import type { Input } from '../types/inputs.js';
import type { ImageResult, UnnamedResult } from '../types/results.js';

/** Kinds of values that resizing may interpolate; ids, vectors and depths use the nearest value. */
const BLENDED: ReadonlySet<ImageValues['kind']> = new Set(['rgb', 'edges']);

/** Minimum side of a picture in pixels: one patch. */
const MIN_SIDE = 8;

/** @throws InvalidInputError naming the modality, if the input is not a picture or map */
export function imageInput(name: string, input: Input): Uint8Array | Raster {
  if (input instanceof Uint8Array || (typeof input === 'object' && input !== null && 'data' in input)) return input;
  throw new InvalidInputError(`'${name}' takes a PNG or JPEG file or a raster`);
}

/**
 * Decodes files: pictures to colours, edges to grey, class maps to ids, depth maps to the stored numbers.
 *
 * @throws MediaError for bytes that are not a PNG or JPEG file
 */
export function toRaster(image: Uint8Array | Raster, { kind }: Pick<ImageValues, 'kind'> = { kind: 'rgb' }): Raster {
  if (kind === 'edges') {
    const edges = image instanceof Uint8Array ? decodeImage(image) : image;
    return edges.data instanceof Uint8Array ? withChannels(edges as Raster<Uint8Array>, 1) : edges;
  }
  if (!(image instanceof Uint8Array)) return image;
  return kind === 'classes' || kind === 'depth' ? decodeMap(image) : decodeImage(image);
}

/**
 * Crops a picture to its centred square and scales it to `size` × `size` pixels: bicubic for colours and edges, nearest for other maps.
 *
 * @throws MediaError for a picture that is smaller than a patch
 */
export function fitToSquare(image: Raster, values: ImageValues, size: number): Raster {
  if (Math.min(image.width, image.height) < MIN_SIDE) {
    throw new MediaError(
      `the picture is too small: ${image.width} × ${image.height}; at least ${MIN_SIDE} × ${MIN_SIDE} pixels are needed`,
    );
  }
  if (image.width === size && image.height === size) return image;
  return resize(cropToSquare(image), size, size, BLENDED.has(values.kind) ? 'bicubic' : 'nearest');
}

/** Converts a tokenizer's output to a result. */
export function imageResult(
  values: ImageValues,
  tokens: Int32Array,
  decoded: Float32Array,
  size: number,
): UnnamedResult<ImageResult> {
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

/** Draws a map: depth in colours from near to far, normals as colours, classes in their palette, edges white on black. */
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
    case 'edges':
      return withChannels(raster as Raster<Uint8Array>, 3);
  }
}
