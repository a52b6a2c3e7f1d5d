/**
 * Files of modalities, written for results and read as inputs. Commands read what they write.
 *
 * | kind | written | read |
 * |---|---|---|
 * | pictures (rgb) | PNG | PNG, JPEG |
 * | maps of numbers (depth) | `.npy` with the values; a PNG in colours | `.npy`; PNG in grey: 16 bits are millimetres, 8 bits run from near to far |
 * | vectors (normals), edges | PNG | PNG, JPEG, `.npy` |
 * | class ids | PNG with a palette | PNG with a palette or in grey, `.npy` |
 * | captions | text | text |
 * | boxes, people, objects, facts, colours | JSON; a PNG that shows them | JSON, text |
 * | feature maps, embeddings | `.npy` | `.npy` |
 */
import type { Model } from '../api/model.js';
import type { ImageResult, Result } from '../api/types/results.js';
import { encodePalettePng, encodePng } from '../media/encode.js';
import { encodeNpy } from '../media/npy.js';
import type { RgbImage } from '../media/raster.js';

/** Minimum side in pixels of a picture that is drawn on. */
export const DRAWN_SIZE = 256;

/** A file of a result: its extension and content. */
export interface ResultFile {
  readonly extension: 'png' | 'npy' | 'txt' | 'json';
  readonly content: Uint8Array | string;
}

/** Inputs of drawing a result. */
export interface DrawingContext {
  /** The picture that boxes, people and objects are drawn on; without one, they are not drawn. */
  readonly image: RgbImage | undefined;
  /** Decodes the masks of objects. */
  readonly masks: Model['masks'];
}

type Writers = {
  readonly [K in Result['kind']]: (
    result: Extract<Result, { kind: K }>,
    context: DrawingContext,
  ) => readonly (ResultFile | undefined)[] | Promise<readonly (ResultFile | undefined)[]>;
};

/** For each kind of result, its files. The first is the one that can be read back. */
const WRITERS: Writers = {
  image: (result) => imageFiles(result),
  text: ({ text }) => [{ extension: 'txt', content: `${text}\n` }],
  detections: (result, { image }) => [json(result.objects), drawn(image && result.drawOn(image, scaleOf(image)))],
  metadata: ({ values }) => [json(values)],
  palette: (result) => [json(result.values), drawn(result.values.length > 0 ? result.toImage() : undefined)],
  poses: (result, { image }) => [json(result.values), drawn(image && result.drawOn(image, scaleOf(image)))],
  instances: async (result, { image, masks }) => [
    json(result.values),
    drawn(image && result.drawOn(image, await masks(result.values))),
  ],
  features: ({ values: { width, height, channels, data } }) => [npy([height, width, channels], data)],
  embedding: ({ values }) => [npy([values.length], values)],
};

/** The files of a result, the one that can be read back first. */
export async function resultFiles(result: Result, context: DrawingContext): Promise<readonly ResultFile[]> {
  const write = WRITERS[result.kind] as (result: Result, context: DrawingContext) => ReturnType<Writers['text']>;
  return (await write(result, context)).filter((file) => file !== undefined);
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
    content: `${JSON.stringify(values, null, 2).replace(/\[[-\d.,e\s]+\]/g, oneLine)}\n`,
  };
}

function npy(shape: readonly number[], data: Float32Array): ResultFile {
  return { extension: 'npy', content: encodeNpy({ shape, data }) };
}

function drawn(image: RgbImage | undefined): ResultFile | undefined {
  return image && { extension: 'png', content: encodePng(image) };
}

function scaleOf({ width }: RgbImage): number {
  return Math.ceil(DRAWN_SIZE / width);
}
