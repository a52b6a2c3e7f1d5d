/** Results as files. Each kind of result has a file that can be given as an input again. */

import { encodePalettePng } from '../../media/encode.js';
import { encodeNpy } from '../../media/npy.js';
import type { RgbImage } from '../../media/raster.js';
import type { Bytes } from '../../typed-arrays.js';
import type { ImageResult, UnsavedResult } from '../types/results.js';

/** A file of a result: its extension and content. */
export interface ResultFile {
  readonly extension: 'png' | 'npy' | 'txt' | 'json';
  readonly content: Bytes | string;
}

/** The files of a result, but for drawings: the one that can be given as an input first. */
export function valueFiles(result: UnsavedResult): ResultFile[] {
  switch (result.kind) {
    case 'image':
      return imageFiles(result);
    case 'text':
      return [{ extension: 'txt', content: `${result.text}\n` }];
    case 'detections':
      return [json(result.objects)];
    case 'features': {
      const { width, height, channels, data } = result.values;
      return [npy([height, width, channels], data)];
    }
    case 'embedding':
      return [npy([result.values.length], result.values)];
    case 'instances':
      // The tokens determine the masks, in a hundredth of the space.
      return [json(result.values.map(({ mask: _, ...rest }) => rest))];
    default:
      return [json(result.values)];
  }
}

/** Files of a picture or map: class ids as a palette PNG, colours as PNG, other numbers as `.npy` with a drawing beside it. */
export function imageFiles(result: Pick<ImageResult, 'values' | 'classes' | 'toImage' | 'toPng'>): ResultFile[] {
  const { values } = result;
  const { width, height, channels, data } = values;
  if (result.classes !== undefined && data instanceof Uint8Array) {
    return [{ extension: 'png', content: encodePalettePng(values, paletteOf(data, result.toImage())) }];
  }
  const picture: ResultFile = { extension: 'png', content: result.toPng() };
  const isDrawnAsItIs = data instanceof Uint8Array || channels === 3;
  if (isDrawnAsItIs) return [picture];
  return [npy(channels === 1 ? [height, width] : [height, width, channels], data), picture];
}

/** The colour that each id is drawn in; black for ids that do not occur. */
function paletteOf(ids: Uint8Array, { data }: RgbImage): [number, number, number][] {
  const palette: [number, number, number][] = [];
  for (const [i, id] of ids.entries()) palette[id] ??= [data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!];
  return Array.from(palette, (colour) => colour ?? [0, 0, 0]);
}

/** JSON with each list of numbers on one line. */
function json(values: unknown): ResultFile {
  const oneLine = (list: string) => `[${list.slice(1, -1).trim().replace(/\s+/g, ' ')}]`;
  return {
    extension: 'json',
    content: `${JSON.stringify(values, plainNumbers, 2).replace(/\[[-\d.,e\s]+\]/g, oneLine)}\n`,
  };
}

/** Typed arrays as lists. */
function plainNumbers(_: string, value: unknown): unknown {
  return value instanceof Float32Array ? Array.from(value) : value;
}

function npy(shape: readonly number[], data: Float32Array): ResultFile {
  return { extension: 'npy', content: encodeNpy({ shape, data }) };
}
