import { InvalidInputError } from '../../errors.js';
import { classPalette, colourClasses, colourDepth } from '../../media/colormap.js';
import type { Raster, RgbImage } from '../../media/raster.js';
import { withChannels } from '../../modalities/grey.js';
import type { PublishedTokenizer, TokenizerOutputs, ValueKind } from './preset.js';

/**
 * Draws a tokenizer's output as an image: depth in colours from the nearest to the farthest point, classes in a
 * colour each, pixels without a class in black, masks in grey.
 *
 * @throws InvalidInputError for features, embeddings and poses, which cannot be drawn
 */
export function drawOutput<K extends ValueKind>(preset: PublishedTokenizer<K>, output: TokenizerOutputs[K]): RgbImage;
export function drawOutput({ preprocessing: how }: PublishedTokenizer, output: Raster | Float32Array): RgbImage {
  switch (how.kind) {
    case 'rgb':
    case 'normal':
    case 'edges':
      return withChannels(output as Raster<Uint8Array>, 3);
    case 'depth': {
      const depth = output as Raster<Float32Array>;
      return colourDepth(depth, rangeOf(depth.data));
    }
    case 'classes': {
      const { data, ...map } = output as Raster<Uint8Array>;
      const palette = [[0, 0, 0] as const, ...classPalette(how.classes - how.shift)];
      return colourClasses({ ...map, data: data.map((id) => (id + how.shift) & 0xff) }, palette);
    }
    case 'mask': {
      const { data, ...map } = output as Raster<Float32Array>;
      return withChannels({ ...map, data: Uint8Array.from(data, (x) => Math.round(255 * x)) }, 3);
    }
    case 'features':
    case 'embedding':
    case 'pose':
      throw new InvalidInputError(`${how.kind}: no picture shows them`);
  }
}

/** Scale from the nearest to the farthest point. A constant map is drawn as near. */
function rangeOf(values: Float32Array): [near: number, far: number] {
  const near = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const far = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return near < far ? [near, far] : [near, near + 1];
}
