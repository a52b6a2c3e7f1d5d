import { InvalidInputError } from '../../errors.js';
import type { Raster } from '../../media/raster.js';
import { withChannels } from '../../modalities/grey.js';
import { highestScores } from '../../modalities/images.js';
import { shiftClasses } from '../../modalities/maps.js';
import { denormalise } from '../../modalities/normalisation.js';
import { forChannels } from './prepare.js';
import type { PublishedTokenizer, TokenizerOutputs, ValueKind } from './preset.js';

/** Output of a tokenizer's decoder. Vectors are images of one pixel. */
export interface DecodedValues {
  readonly height: number;
  readonly width: number;
  /** [height, width, channels]; for classes the logits, [height, width, classes]. */
  readonly values: Float32Array;
}

/**
 * Postprocesses a tokenizer's output: colours, normals and edges become 8-bit pictures, clamped and rounded; class logits become
 * the id of the largest, without the shift of the preset; mask logits become probabilities; all else is unchanged.
 *
 * @throws InvalidInputError for a wrong number of values
 */
export function restoreFrom<K extends ValueKind>(
  preset: PublishedTokenizer<K>,
  decoded: DecodedValues,
): TokenizerOutputs[K];
export function restoreFrom(preset: PublishedTokenizer, decoded: DecodedValues): TokenizerOutputs[ValueKind] {
  const { preprocessing: how } = preset;
  const { height, width, values: data } = decoded;
  const channels = how.kind === 'classes' ? how.classes : preset.channels;
  if (data.length !== height * width * channels) {
    throw new InvalidInputError(
      `${how.kind}: ${data.length} values do not fit a map of ${width}×${height}×${channels}`,
    );
  }
  const map = { width, height, channels, data };
  switch (how.kind) {
    case 'rgb':
    case 'normal':
      return bytes(denormalise(map, how.normalisation));
    case 'edges':
      return withChannels(bytes(denormalise(map, forChannels(how.normalisation, channels))), 1);
    case 'classes': {
      const ids = { width, height, channels: 1, data: highestScores(data, how.classes) };
      return shiftClasses(ids, -how.shift);
    }
    case 'mask':
      return { ...map, data: data.map((x) => 1 / (1 + Math.exp(-x))) };
    case 'depth':
    case 'features':
      return map;
    case 'embedding':
    case 'pose':
      return data;
  }
}

/** Values of 0…1 as 8 bits, clamped. */
function bytes(raster: Raster<Float32Array>): Raster<Uint8Array> {
  return { ...raster, data: Uint8Array.from(raster.data, (x) => Math.round(255 * Math.min(Math.max(x, 0), 1))) };
}
