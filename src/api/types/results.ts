import type { Raster, RgbImage } from '../../media/raster.js';
import type { Detection } from '../../modalities/text/detections.js';
import type { HumanPose } from '../../modalities/text/human-poses.js';
import type { Metadata } from '../../modalities/text/metadata.js';
import type { Rgb } from '../../modalities/text/palette.js';
import type { SamInstance } from '../../modalities/text/sam-instances.js';
import type { SamMask } from '../../modalities/text/sam-masks.js';
import type { Bytes } from '../../typed-arrays.js';

/** A result that can be saved. */
export interface SavableResult {
  /**
   * Saves the result: in Node as a file, in a page as a download of this name. The extension chooses what is saved: `.png` a drawing, `.npy`
   * numbers, `.json` values, `.txt` a text; without one, the file that `generate` takes as an input again.
   *
   * @returns the path or name, with its extension
   * @throws InvalidInputError for an extension that this kind of result is not saved with, and in a web worker
   * @throws OutputError if the file cannot be written
   */
  save(path: string): Promise<string>;
}

/** A canvas of a page; in a web worker an `OffscreenCanvas`. */
export type ResultCanvas = typeof globalThis extends { readonly HTMLCanvasElement: { prototype: infer Canvas } }
  ? Canvas
  : unknown;

/** A result that is drawn by itself. */
export interface DrawnResult extends SavableResult {
  /** The result as people draw it. */
  toImage(): RgbImage;
  /** {@link toImage} as a PNG file. */
  toPng(): Bytes;
  /** {@link toPng} as a `Blob`, for `URL.createObjectURL` and uploads. */
  toBlob(): Blob;
  /** {@link toImage} on a new canvas. @throws InvalidInputError where there are no canvases, as in Node */
  toCanvas(): ResultCanvas;
}

/** A predicted picture or map. */
export interface ImageResult<Data extends Uint8Array | Float32Array = Uint8Array | Float32Array> extends DrawnResult {
  readonly kind: 'image';
  /** The model's modality that the tokens are of, such as `tok_depth@224`. */
  readonly modality: string;
  /** Token ids, row by row, [h·w]. */
  readonly tokens: Int32Array;
  /** Colours 0…255, depth in metres, unit vectors, or class ids, by modality. */
  readonly values: Raster<Data>;
  /** Names of the classes where the values are class ids. */
  readonly classes: readonly string[] | undefined;
}

/** A predicted text. */
export interface TextResult extends SavableResult {
  readonly kind: 'text';
  /** The model's modality that the tokens are of, such as `tok_depth@224`. */
  readonly modality: string;
  /** Token ids, without [EOS]. */
  readonly tokens: Int32Array;
  readonly text: string;
}

/** A generated text that encodes values. */
interface ParsedResult extends SavableResult {
  /** The model's modality that the tokens are of, such as `det`. */
  readonly modality: string;
  /** Token ids, without [EOS]. */
  readonly tokens: Int32Array;
  /** The text. */
  readonly text: string;
  /** Number of words that belong to no complete value: truncated, out of range, or misplaced. */
  readonly unparsed: number;
}

/** Predicted boxes. */
export interface DetectionsResult extends ParsedResult {
  readonly kind: 'detections';
  /** The complete boxes of the text; coordinates 0…1 from the left and the top. */
  readonly objects: readonly Detection[];
  /** Draws the boxes over a picture, enlarged by `scale` so that the labels can be read. */
  drawOn(image: RgbImage, scale?: number): RgbImage;
}

/** Predicted metadata of a picture. */
export interface MetadataResult extends ParsedResult, DrawnResult {
  readonly kind: 'metadata';
  /** The complete attributes of the text, as values within their bins. */
  readonly values: Metadata;
  /** The facts as a table. */
  toImage(): RgbImage;
}

/** Predicted main colours of a picture. */
export interface PaletteResult extends ParsedResult, DrawnResult {
  readonly kind: 'palette';
  /** Red, green and blue, each 0…255. */
  readonly values: readonly Rgb[];
  /** The colours as bars. @throws InvalidInputError if there are none */
  toImage(): RgbImage;
}

/** A predicted person. */
export interface PredictedPose extends HumanPose {
  /**
   * The pose that `poseTokens` stand for, if the model's package has their tokenizer: the rotations of SMPL's 23 joints relative
   * to their parents, 3 rows of 3 numbers, joint after joint, [207]. Of other models `Model.bodyPoses` decodes it.
   */
  readonly bodyPose?: Float32Array;
  /**
   * Where SMPL's 24 joints are, 0…1 from the left and the top of the picture, if there is a `bodyPose`. The proportions are
   * those of a mannequin, not of SMPL.
   */
  readonly joints?: readonly { readonly x: number; readonly y: number }[];
}

/** Predicted people. */
export interface PosesResult extends ParsedResult {
  readonly kind: 'poses';
  /** The complete people of the text; numbers are rounded to their bins. */
  readonly values: readonly PredictedPose[];
  /** Draws the skeletons of the people over a picture, enlarged by `scale`; their boxes if there are no joints. */
  drawOn(image: RgbImage, scale?: number): RgbImage;
}

/** A predicted object. */
export interface PredictedInstance extends SamInstance {
  /**
   * Probability of each pixel of the box to belong to the object, 0…1, the box stretched to a square, if the model's package has
   * the tokenizer of masks. Of other models `Model.masks` decodes it.
   */
  readonly mask?: Raster<Float32Array>;
}

/** Predicted objects without names ("segment anything"). */
export interface InstancesResult extends ParsedResult {
  readonly kind: 'instances';
  /** Pixels a side of the picture that boxes and points are in; 224 of published models. */
  readonly size: number;
  /** The complete objects of the text, largest box first. An object given at several points is listed once for each. */
  readonly values: readonly PredictedInstance[];
  /**
   * Draws the objects over a picture, enlarged to 448 pixels a side: the outlines of masks, or the boxes if there are none.
   *
   * @param image the square picture that the model read
   * @param masks from `Model.masks`; those of `values` if absent
   */
  drawOn(image: RgbImage, masks?: readonly SamMask[]): RgbImage;
}

/** Predicted features of another network, for each position of a picture. */
export interface FeaturesResult extends DrawnResult {
  readonly kind: 'features';
  /** The model's modality that the tokens are of, such as `tok_depth@224`. */
  readonly modality: string;
  /** Token ids, [h·w]. */
  readonly tokens: Int32Array;
  /** A vector for each patch of the picture, [h, w, C]. */
  readonly values: Raster<Float32Array>;
  /** The first three principal components of the vectors as red, green and blue. */
  toImage(): RgbImage;
}

/** Predicted embedding of another network for the whole picture, for retrieval. */
export interface EmbeddingResult extends DrawnResult {
  readonly kind: 'embedding';
  /** The model's modality that the tokens are of, such as `tok_depth@224`. */
  readonly modality: string;
  /** Token ids, one of each codebook. */
  readonly tokens: Int32Array;
  readonly values: Float32Array;
  /** The values as a strip of bars: blue below zero, red above. */
  toImage(): RgbImage;
}

/** Result of one modality. */
export type Result =
  | ImageResult
  | TextResult
  | DetectionsResult
  | MetadataResult
  | PaletteResult
  | PosesResult
  | InstancesResult
  | FeaturesResult
  | EmbeddingResult;

/** A result without the methods that all results, or all drawings, share. */
export type UnsavedResult<R extends Result = Result> = R extends Result
  ? Omit<R, 'save' | 'toBlob' | 'toCanvas'>
  : never;

/** A result without the name of its modality. */
export type UnnamedResult<R extends Result = Result> = R extends Result ? Omit<UnsavedResult<R>, 'modality'> : never;

/** Results of the modalities with a common name. */
export interface ResultsByName {
  readonly rgb: ImageResult<Uint8Array>;
  readonly depth: ImageResult<Float32Array>;
  readonly normal: ImageResult;
  readonly semseg: ImageResult<Uint8Array>;
  readonly caption: TextResult;
  readonly det: DetectionsResult;
  readonly canny_edge: ImageResult<Uint8Array>;
  readonly sam_edge: ImageResult<Uint8Array>;
  readonly metadata: MetadataResult;
  readonly color_palette: PaletteResult;
  readonly human_poses: PosesResult;
  readonly sam_instance: InstancesResult;
  readonly clip: FeaturesResult;
  readonly dinov2: FeaturesResult;
  readonly imagebind: FeaturesResult;
  readonly dinov2_global: EmbeddingResult;
  readonly imagebind_global: EmbeddingResult;
}

/** Results of `generate`, one for every requested name. */
export type Results<Name extends string = string> = {
  readonly [N in Name]: N extends keyof ResultsByName ? ResultsByName[N] : Result;
};
