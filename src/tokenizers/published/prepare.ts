import { InvalidInputError } from '../../errors.js';
import type { Raster, RasterData } from '../../media/raster.js';
import type { ResizeFilter } from '../../media/resize.js';
import { centreSquare, cropAndResize } from '../../modalities/crop-images.js';
import { withChannels } from '../../modalities/grey.js';
import { depthAsFloats, shiftClasses, standardiseDepth } from '../../modalities/maps.js';
import { type Normalisation, normalise } from '../../modalities/normalisation.js';
import { checkChannels, checkFinite, checkLength, checkSize, oneChannel, storedIn } from './checks.js';
import { objectMask } from './object-mask.js';
import type { Preprocessing, PublishedTokenizer, TokenizerInputs, ValueKind } from './preset.js';

/** Input of a tokenizer's encoder: class ids as integers, other values as floats. Vectors are images of one pixel. */
export interface PreparedValues {
  readonly height: number;
  readonly width: number;
  /** [height, width, channels]; class ids [height, width]. */
  readonly values: Float32Array | Int32Array;
}

/**
 * Preprocesses the input of a published tokenizer. Pictures and maps are cropped to their largest centred square, resized and
 * normalised as in the tokenizer's training; features and vectors are unchanged.
 *
 * @param size pixels a side; by default the smallest that the tokenizer was trained on. Features are not resized.
 * @throws InvalidInputError for data of another kind, number of channels or length, for values that are not finite or not a class,
 *         and for sizes that the tokenizer was not trained on
 */
export function prepareFor<K extends ValueKind>(
  preset: PublishedTokenizer<K>,
  raw: TokenizerInputs[K],
  size?: number,
): PreparedValues;
export function prepareFor(
  preset: PublishedTokenizer,
  input: Raster | Float32Array,
  size = preset.resolutions?.from,
): PreparedValues {
  const { preprocessing: how } = preset;
  if (how.kind === 'embedding' || how.kind === 'pose') return vector(preset, input);
  if (!('data' in input)) throw new InvalidInputError(`${how.kind}: must be a map, not ${input.length} numbers`);
  checkLength(input, how.kind);
  checkFinite(input.data, how.kind);
  if (how.kind === 'features') return features(preset, input);
  checkSize(preset, size!);
  return { height: size!, width: size!, values: picture(preset, how, input, size!) };
}

type OfPictures = Exclude<Preprocessing, { readonly kind: 'embedding' | 'pose' | 'features' }>;

function picture({ channels }: PublishedTokenizer, how: OfPictures, raw: Raster, size: number) {
  const { kind } = how;
  switch (kind) {
    case 'rgb':
    case 'edges': {
      const wanted = withChannels(storedIn(raw, kind, Uint8Array), channels === 3 ? 3 : 1);
      return normalise(fitted(wanted, size, how.filter), forChannels(how.normalisation, channels)).data;
    }
    case 'normal':
      checkChannels(raw, kind, 3);
      return normals(fitted(storedIn(raw, kind, Uint8Array, Float32Array), size, how.filter), how.normalisation);
    case 'depth': {
      const depth = storedIn(oneChannel(raw, kind), kind, Uint8Array, Uint16Array, Float32Array);
      return standardiseDepth(fittedDepth(depth, size, how.filter)).data;
    }
    case 'classes': {
      const ids = storedIn(oneChannel(raw, kind), kind, Uint8Array);
      return classIds(fitted(shiftClasses(ids, how.shift), size, how.filter), how);
    }
    case 'mask':
      return objectMask(storedIn(oneChannel(raw, kind), kind, Uint8Array), size).data;
  }
}

/** The largest centred square, resized. */
function fitted<T extends RasterData>(raster: Raster<T>, size: number, filter: ResizeFilter): Raster<T> {
  return cropAndResize(raster, centreSquare(raster), { width: size, height: size }, filter);
}

/** Resized depth. Pillow resizes 16-bit values as integers, which can overshoot 0…65535 at a sharp edge. */
function fittedDepth(
  depth: Raster<Uint8Array | Uint16Array | Float32Array>,
  size: number,
  filter: ResizeFilter,
): Raster<Float32Array> {
  if (!(depth.data instanceof Uint16Array)) return depthAsFloats(fitted(depth, size, filter));
  const whole = fitted({ ...depth, data: Int32Array.from(depth.data) }, size, filter);
  return { ...whole, data: Float32Array.from(whole.data, (x) => x / 0xffff) };
}

/** The published normalisations of one channel equal those of three. */
export function forChannels({ mean, std }: Normalisation, channels: number): Normalisation {
  return { mean: mean.slice(0, channels), std: std.slice(0, channels) };
}

function normals({ data, ...raster }: Raster<Uint8Array | Float32Array>, by: Normalisation): Float32Array {
  if (data instanceof Uint8Array) return normalise({ ...raster, data }, by).data;
  // Resizing may overshoot −1…1; 8-bit pictures are clamped.
  return data.map((x, i) => ((Math.min(Math.max(x, -1), 1) + 1) / 2 - by.mean[i % 3]!) / by.std[i % 3]!);
}

function classIds({ data }: Raster<Uint8Array>, { classes, shift }: { classes: number; shift: number }): Int32Array {
  const wrong = data.find((id) => id >= classes);
  if (wrong === undefined) return Int32Array.from(data);
  throw new InvalidInputError(
    `classes: ${wrong - shift} is no class; they run from 0 to ${classes - shift - 1}, and 255 is none`,
  );
}

function features(preset: PublishedTokenizer, raw: Raster): PreparedValues {
  const { channels, patchSize } = preset;
  checkChannels(raw, 'features', channels);
  for (const side of [raw.height, raw.width]) checkSize(preset, side * patchSize!);
  const { data: values, height, width } = storedIn(raw, 'features', Float32Array);
  return { height, width, values };
}

function vector({ channels, preprocessing: { kind } }: PublishedTokenizer, raw: Raster | Float32Array): PreparedValues {
  if (!(raw instanceof Float32Array) || raw.length !== channels) {
    throw new InvalidInputError(`${kind}: must be ${channels} numbers in a Float32Array`);
  }
  checkFinite(raw, kind);
  return { height: 1, width: 1, values: raw };
}
