import { drawBoxes } from '../media/colormap.js';
import { scaleNearest } from '../media/draw.js';
import type { Raster, RgbImage } from '../media/raster.js';
import { type Detection, textToDetections } from '../modalities/text/detections.js';

/** A predicted picture or map. */
export interface ImageResult {
  readonly kind: 'image';
  /** Token ids, row by row, [h·w]. */
  readonly tokens: Int32Array;
  /** Colours 0…255, metres, unit vectors or class ids, as the modality has it. */
  readonly values: Raster<Uint8Array | Float32Array>;
  /** Names of the classes where the values are class ids. */
  readonly classes: readonly string[] | undefined;
  /** The map as people draw it. */
  toImage(): RgbImage;
  /** {@link toImage} as a PNG file. */
  toPng(): Uint8Array;
}

/** A predicted text. */
export interface TextResult {
  readonly kind: 'text';
  /** Token ids, without [EOS]. */
  readonly tokens: Int32Array;
  readonly text: string;
}

/** Predicted boxes. */
export interface DetectionsResult {
  readonly kind: 'detections';
  /** Token ids, without [EOS]. */
  readonly tokens: Int32Array;
  /** The boxes as the model wrote them. */
  readonly text: string;
  /** What of the text is whole boxes; coordinates 0…1 from the left and the top. */
  readonly objects: readonly Detection[];
  /** Draws the boxes over a picture, enlarged by `scale` so that the labels can be read. */
  drawOn(image: RgbImage, scale?: number): RgbImage;
}

/** What another network would say of a picture: predicted, and not computed from one. */
export interface FeaturesResult {
  readonly kind: 'features';
  /** Token ids, [h·w]. */
  readonly tokens: Int32Array;
  /** A vector for each place of the picture, or one for all of it. */
  readonly values: Raster<Uint8Array | Float32Array> | Float32Array;
}

/** What a modality comes out as. */
export type Result = ImageResult | TextResult | DetectionsResult | FeaturesResult;

/** The results of the modalities that have a usual name. */
export interface ResultsByName {
  readonly rgb: ImageResult;
  readonly depth: ImageResult;
  readonly normal: ImageResult;
  readonly semseg: ImageResult;
  readonly caption: TextResult;
  readonly det: DetectionsResult;
}

/** What `generate` gives: a result for every name asked for. */
export type Results<Name extends string = string> = {
  readonly [N in Name]: N extends keyof ResultsByName ? ResultsByName[N] : Result;
};

/** @param bins how many steps coordinates are told apart by */
export function detectionsResult(tokens: Int32Array, text: string, bins: number): DetectionsResult {
  const objects = textToDetections(text, bins);
  return {
    kind: 'detections',
    tokens,
    text,
    objects,
    ...detectionsMethods(objects),
  };
}

/** What a result can do with its boxes. */
export function detectionsMethods(objects: readonly Detection[]): Pick<DetectionsResult, 'drawOn'> {
  return { drawOn: (image, scale = 4) => drawBoxes(scaleNearest(image, scale), objects) };
}
