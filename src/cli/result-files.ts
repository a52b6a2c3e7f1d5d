/** Results as files: pictures as PNG, words as text, values as JSON and, where they can be drawn, as PNG as well. */
import type { Model } from '../api/model.js';
import type { FeaturesResult, Result } from '../api/types/results.js';
import { writeSafetensors } from '../checkpoints/safetensors-writer.js';
import { encodePng } from '../media/encode.js';
import type { RgbImage } from '../media/raster.js';

/** Pixels a side, at least, of a picture that something is drawn on. */
export const DRAWN_SIZE = 256;

type Files = Record<string, Uint8Array | string>;

/**
 * @param name    the modality
 * @param picture what boxes, people and objects are drawn on; without one, they are not drawn
 * @param masks   decodes the masks of objects
 * @returns       the content of each file, by name
 */
export async function filesOf(
  name: string,
  result: Result,
  picture: RgbImage | undefined,
  masks: Model['masks'],
): Promise<Files> {
  switch (result.kind) {
    case 'image':
      return { [`${name}.png`]: result.toPng() };
    case 'text':
      return { [`${name}.txt`]: `${result.text}\n` };
    case 'detections':
      return { ...json(name, result.objects), ...drawn(name, picture && result.drawOn(picture, scaleOf(picture))) };
    case 'metadata':
      return json(name, result.values);
    case 'palette':
      return { ...json(name, result.values), ...drawn(name, result.values.length > 0 ? result.toImage() : undefined) };
    case 'poses':
      return { ...json(name, result.values), ...drawn(name, picture && result.drawOn(picture, scaleOf(picture))) };
    case 'instances':
      return {
        ...json(name, result.values),
        ...drawn(name, picture && result.drawOn(picture, await masks(result.values))),
      };
    case 'features':
      return { [`${name}.safetensors`]: featuresFile(result) };
    case 'embedding':
      return { [`${name}.safetensors`]: tensorFile([result.values.length], result.values) };
  }
}

/** Lists of numbers are a line each. */
function json(name: string, values: unknown): Files {
  const oneLine = (list: string) => `[${list.slice(1, -1).trim().replace(/\s+/g, ' ')}]`;
  return { [`${name}.json`]: `${JSON.stringify(values, null, 2).replace(/\[[-\d.,e\s]+\]/g, oneLine)}\n` };
}

function drawn(name: string, image: RgbImage | undefined): Files {
  return image ? { [`${name}.png`]: encodePng(image) } : {};
}

function scaleOf({ width }: RgbImage): number {
  return Math.ceil(DRAWN_SIZE / width);
}

/** Vectors of every place, [h, w, C]. */
function featuresFile({ values: { width, height, channels, data } }: FeaturesResult): Uint8Array {
  return tensorFile([height, width, channels], data);
}

function tensorFile(shape: readonly number[], data: Float32Array): Uint8Array {
  return writeSafetensors([{ name: 'values', dtype: 'F32', shape, data }]);
}
