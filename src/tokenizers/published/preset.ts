import type { Raster, RgbImage } from '../../media/raster.js';
import type { ResizeFilter } from '../../media/resize.js';
import type { Normalisation } from '../../modalities/normalisation.js';

/** Preprocessing of a picture or map: scaled by a filter, then normalised. */
export interface PicturePreprocessing {
  readonly filter: ResizeFilter;
  readonly normalisation: Normalisation;
}

/** Values that another network computes from a picture. */
export interface NetworkPreprocessing {
  /** The network and its output. */
  readonly network: string;
}

/** Preprocessing of each kind of values; {@link TokenizerInputs} describes the kinds. */
export interface PreprocessingByKind {
  rgb: PicturePreprocessing;
  normal: PicturePreprocessing;
  edges: PicturePreprocessing;
  depth: { readonly filter: ResizeFilter };
  /** `shift` is added to ids, so that "none" becomes 0; `classes` includes it. */
  classes: { readonly filter: 'nearest'; readonly classes: number; readonly shift: number };
  mask: { readonly filter: 'nearest' };
  features: NetworkPreprocessing;
  embedding: NetworkPreprocessing;
  pose: object;
}

/** Kind of a tokenizer's values. */
export type ValueKind = keyof PreprocessingByKind;

/** Preprocessing and postprocessing of a tokenizer. */
export type Preprocessing<K extends ValueKind = ValueKind> = {
  [P in K]: { readonly kind: P } & Readonly<PreprocessingByKind[P]>;
}[K];

/** Input of a tokenizer of each kind. */
export interface TokenizerInputs {
  /** An 8-bit picture: red, green, blue; or grey. */
  rgb: Raster<Uint8Array>;
  /**
   * Surface normals in the camera's axes, x to the right, y down, z away from it: a surface that faces the camera has z = −1.
   * An 8-bit picture, in which 0 is −1 and 255 is 1, or the vectors themselves.
   */
  normal: Raster<Uint8Array | Float32Array>;
  /** An 8-bit picture, from black (no edge) to white (the strongest): Canny's edges, or the borders of SAM's objects. */
  edges: Raster<Uint8Array>;
  /** Distances in any unit, larger is farther; 8 and 16 bits are scaled to 0…1. One channel, or grey in three. */
  depth: Raster<Uint8Array | Uint16Array | Float32Array>;
  /** Ids of classes from 0, and 255 for none; one channel, or grey in three. */
  classes: Raster<Uint8Array>;
  /** An 8-bit picture, white where one object is and black elsewhere. Only the part inside the object's box is used. */
  mask: Raster<Uint8Array>;
  /** Features of every position of an image. */
  features: Raster<Float32Array>;
  /** Embedding of a whole image. */
  embedding: Float32Array;
  /** Rotation of each of SMPL's 23 joints relative to its parent: 3 rows of 3 numbers from −1 to 1, joint after joint, [207]. */
  pose: Float32Array;
}

/** Output of a tokenizer of each kind. */
export interface TokenizerOutputs {
  rgb: RgbImage;
  /** An 8-bit picture as in {@link TokenizerInputs}. */
  normal: RgbImage;
  /** An 8-bit picture in grey. */
  edges: Raster<Uint8Array>;
  /** Distances up to an unknown scale and offset. */
  depth: Raster<Float32Array>;
  /** Ids of classes from 0, and 255 for none. */
  classes: Raster<Uint8Array>;
  /** Probability that each position of the object's box belongs to it, 0 to 1. */
  mask: Raster<Float32Array>;
  features: Raster<Float32Array>;
  embedding: Float32Array;
  pose: Float32Array;
}

/** Sizes of the pictures that a tokenizer was trained on, in pixels a side: a range with a step. */
export interface Resolutions {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** Properties of a published tokenizer that are not in its checkpoint, or are needed before loading it. */
export interface PublishedTokenizer<K extends ValueKind = ValueKind> {
  /** Its id on the Hub; or, where it has none, the name of its training configuration. */
  readonly name: string;
  /** Decoder: a ViT, diffusion, or, for single vectors, an MLP after a quantizer with several codebooks (Memcodes). */
  readonly architecture: 'vqvae' | 'divae' | 'mlp-memcodes';
  /** The training configuration, by its path in the official `cfgs/default/tokenization`. */
  readonly recipe: string;
  /** Training domain, by its official name. */
  readonly domain: string;
  /** The models' modalities that consist of its tokens, by their published names. */
  readonly modalities: readonly string[];
  readonly preprocessing: Preprocessing<K>;
  /** Channels of the encoder's input; for classes, the length of their embedding. */
  readonly channels: number;
  readonly codebookSize: number;
  /** Tokens per position, or per vector. */
  readonly codebooks: number;
  /** Pixels a side of the patch that becomes a token; absent for single vectors. */
  readonly patchSize: number | undefined;
  /** Absent for single vectors. */
  readonly resolutions: Resolutions | undefined;
}
