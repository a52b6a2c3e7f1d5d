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
 * | feature maps, embeddings | `.npy`; a PNG that shows them | `.npy`; PNG, JPEG of a picture where the model has the network |
 * | vectors of a text encoder | – | `.npy`; text where the model has the encoder |
 */
import { type ResultFile, valueFiles } from '../api/request/result-files.js';
import type { InstancesResult, Result } from '../api/types/results.js';
import { encodePng } from '../media/encode.js';
import type { RgbImage } from '../media/raster.js';
import type { SamMask } from '../modalities/text/sam-masks.js';

/** Minimum side in pixels of a picture that is drawn on. */
export const DRAWN_SIZE = 256;

/** Inputs of drawing a result. */
export interface DrawingContext {
  /** The picture that boxes, people and objects are drawn on; without one, they are not drawn. */
  readonly image: RgbImage | undefined;
  /** Decodes the masks of objects; undefined if the model cannot. */
  readonly masks: (objects: InstancesResult['values']) => Promise<readonly SamMask[] | undefined>;
}

type Drawings = {
  readonly [K in Result['kind']]: (
    result: Extract<Result, { kind: K }>,
    context: DrawingContext,
  ) => RgbImage | undefined | Promise<RgbImage | undefined>;
};

/** For each kind of result, what shows it besides its values. */
const DRAWINGS: Drawings = {
  image: () => undefined,
  text: () => undefined,
  detections: (result, { image }) => image && result.drawOn(image, scaleOf(image)),
  metadata: (result) => result.toImage(),
  palette: (result) => (result.values.length > 0 ? result.toImage() : undefined),
  poses: (result, { image }) => image && result.drawOn(image, scaleOf(image)),
  instances: async (result, { image, masks }) => image && result.drawOn(image, await masks(result.values)),
  features: (result) => result.toImage(),
  embedding: (result) => result.toImage(),
};

/** The files of a result, the one that can be read back first. */
export async function resultFiles(result: Result, context: DrawingContext): Promise<readonly ResultFile[]> {
  const draw = DRAWINGS[result.kind] as (result: Result, context: DrawingContext) => ReturnType<Drawings['instances']>;
  const image = await draw(result, context);
  return [...valueFiles(result), ...(image ? [{ extension: 'png', content: encodePng(image) } as const] : [])];
}

function scaleOf({ width }: RgbImage): number {
  return Math.ceil(DRAWN_SIZE / width);
}
