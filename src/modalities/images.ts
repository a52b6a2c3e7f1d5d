import { InvalidInputError } from '../errors.js';
import type { Raster, RasterData } from '../media/raster.js';

/**
 * Meaning of the values of an image modality, which decides how images are converted to tokenizer inputs and back.
 *
 * - `rgb`: 8-bit colours 0…255, as -1…1
 * - `depth`: metres, linear from `near` to -1 and `far` to 1; values outside are clamped. Of 16 bits,
 *   millimetres, as depth cameras write them; of 8 bits, `near` is 0 and `far` is 255
 * - `normal`: unit vectors, as they are; or 8-bit colours, as vectors are drawn
 * - `classes`: class ids, as they are; a tokenizer outputs a score for every class, and the highest is selected
 * - `edges`: 8 bits, 0 for no edge to 255 for the strongest, as -1…1
 */
export type ImageValues =
  | { readonly kind: 'rgb' }
  | { readonly kind: 'depth'; readonly near: number; readonly far: number }
  | { readonly kind: 'normal' }
  | {
      readonly kind: 'classes';
      readonly names: readonly string[];
      readonly palette: readonly (readonly [number, number, number])[];
    }
  | { readonly kind: 'edges' };

/** Channels of a raster of these values. */
export function channelsOf(values: ImageValues): number {
  return values.kind === 'rgb' || values.kind === 'normal' ? 3 : 1;
}

/**
 * Converts a raster to a tokenizer's input.
 *
 * @returns [H, W, C]; int32 class ids, float32 otherwise
 * @throws InvalidInputError for another number of channels or values, values of another kind, NaN, and ids outside the classes
 */
export function toTokenizerValues(values: ImageValues, image: Raster): Float32Array | Int32Array {
  const { kind } = values;
  const { width, height, data } = image;
  const channels = channelsOf(values);
  if (image.channels !== channels) {
    const drawn = kind === 'depth' || kind === 'classes' ? '; one that was drawn in colours cannot be read back' : '';
    throw new InvalidInputError(`a map of ${kind} has ${channels} channels, not ${image.channels}${drawn}`);
  }
  if (data.length !== width * height * channels) {
    throw new InvalidInputError(`a map of ${kind} of ${width} × ${height} × ${channels} has not ${data.length} values`);
  }
  if (data instanceof Float32Array && data.some(Number.isNaN)) throw new InvalidInputError(`a map of ${kind} has NaN`);
  switch (kind) {
    case 'rgb':
    case 'edges':
      if (!(data instanceof Uint8Array)) {
        throw new InvalidInputError(`${kind === 'rgb' ? 'a picture has colours' : 'edges are'} of 8 bits, 0…255`);
      }
      return Float32Array.from(data, (x) => x / 127.5 - 1);
    case 'depth': {
      const { near, far } = values;
      return metresOf(data, near, far).map((x) => (2 * (Math.min(Math.max(x, near), far) - near)) / (far - near) - 1);
    }
    case 'normal':
      // 8-bit drawings: 0 is -1, and 255 is 1.
      return Float32Array.from(data, data instanceof Uint8Array ? (x) => x / 127.5 - 1 : (x) => x);
    case 'classes': {
      const wrong = data.find((id) => !(id in values.names));
      if (wrong !== undefined) {
        throw new InvalidInputError(`${wrong} is no class id; they run from 0 to ${values.names.length - 1}`);
      }
      return Int32Array.from(data);
    }
  }
}

function metresOf(data: RasterData, near: number, far: number): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Uint16Array) return Float32Array.from(data, (x) => x / 1000);
  if (data instanceof Uint8Array) return Float32Array.from(data, (x) => near + (x / 255) * (far - near));
  throw new InvalidInputError('a map of depth has metres as floats, millimetres of 16 bits, or near to far as 8 bits');
}

/**
 * Converts a tokenizer's output to a raster of 8-bit colours, metres, unit vectors, or class ids.
 *
 * @param decoded [H, W, C], where C counts the classes for `classes`
 */
export function fromTokenizerValues(
  values: ImageValues,
  decoded: Float32Array,
  width: number,
  height: number,
): Raster<Uint8Array | Float32Array> {
  const channels = channelsOf(values);
  const raster = <T extends Uint8Array | Float32Array>(data: T) => ({ width, height, channels, data });
  switch (values.kind) {
    case 'rgb':
    case 'edges':
      return raster(Uint8Array.from(decoded, (x) => Math.round(127.5 * (Math.min(Math.max(x, -1), 1) + 1))));
    case 'depth':
      return raster(
        decoded.map((x) => values.near + ((Math.min(Math.max(x, -1), 1) + 1) / 2) * (values.far - values.near)),
      );
    case 'normal':
      return raster(unitVectors(decoded));
    case 'classes':
      return raster(highestScores(decoded, values.names.length));
  }
}

/** Normalises vectors of three to length 1; a vector too short for a direction becomes one toward the camera. */
function unitVectors(decoded: Float32Array): Float32Array {
  const result = new Float32Array(decoded.length);
  for (let i = 0; i < decoded.length; i += 3) {
    const length = Math.hypot(decoded[i]!, decoded[i + 1]!, decoded[i + 2]!);
    for (let c = 0; c < 3; c++) result[i + c] = length > 1e-6 ? decoded[i + c]! / length : Number(c === 2);
  }
  return result;
}

/** The class with the highest score at each position, the first of equal ones. `scores`: [h·w, classes] */
export function highestScores(scores: Float32Array, classes: number): Uint8Array {
  const ids = new Uint8Array(scores.length / classes);
  for (let i = 0; i < ids.length; i++) {
    let best = 0;
    for (let c = 1; c < classes; c++) if (scores[i * classes + c]! > scores[i * classes + best]!) best = c;
    ids[i] = best;
  }
  return ids;
}
