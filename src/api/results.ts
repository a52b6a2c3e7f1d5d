import { classPalette, colourClasses, colourDepth, colourNormals, drawBoxes } from '../media/colormap.js';
import { encodePng } from '../media/encode.js';
import type { Raster, RgbImage } from '../media/raster.js';
import type { ImageValues } from '../modalities/images.js';
import type { Detection } from '../modalities/text/detections.js';

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
  readonly tokens: Int32Array;
  readonly text: string;
}

/** Predicted boxes. */
export interface DetectionsResult {
  readonly kind: 'detections';
  readonly tokens: Int32Array;
  /** As the model wrote them. */
  readonly text: string;
  readonly objects: readonly Detection[];
  /** The boxes drawn over a picture. */
  drawOn(image: RgbImage): RgbImage;
}

/** What a modality comes out as. */
export type Result = ImageResult | TextResult | DetectionsResult;
