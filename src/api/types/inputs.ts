import type { Raster } from '../../media/raster.js';
import type { Detection } from '../../modalities/text/detections.js';
import type { HumanPose } from '../../modalities/text/human-poses.js';
import type { Metadata } from '../../modalities/text/metadata.js';
import type { Rgb } from '../../modalities/text/palette.js';
import type { SamInstance } from '../../modalities/text/sam-instances.js';

/**
 * Input of a modality: a PNG or JPEG file's bytes or a raster for pictures and maps; text for captions; text or
 * values for boxes, facts, colours, people and objects, as they come back from `generate`; and numbers for vectors of other
 * networks. A result itself is taken by its tokens, as the model said them.
 *
 * Pictures and maps may be known in part, and texts may have gaps, `[S_1]`, `[S_2]` and so on: what is asked for as well is
 * completed, and what was given of it stays.
 *
 * A text that is empty, has no word that the model knows, or is longer than it reads, is an error; some unknown words are a warning.
 */
export type Input =
  | Uint8Array
  | Float32Array
  | Raster
  | PartialImage
  | string
  | readonly Detection[]
  | Metadata
  | readonly Rgb[]
  | readonly GivenPose[]
  | readonly GivenInstance[]
  | GivenTokens;

/** Inputs, by the names of `Model.modalities`. */
export type Inputs = Readonly<Record<string, Input>>;

/** A picture on a page: `ImageBitmap`, `HTMLImageElement`, a canvas, `HTMLVideoElement`, `VideoFrame`. */
export type PageImage =
  | { readonly width: unknown; readonly height: unknown }
  | { readonly displayWidth: number; readonly displayHeight: number };

/** An image as pages and programs hold it: a file, its bytes or its address, pixels of a canvas, or a picture of a page. */
export type HostImage =
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | URL
  | { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray }
  | PageImage;

/** All that `generate` takes for a modality. */
export type HostInput = Input | HostImage | { readonly image: HostImage; readonly known: HostImage };

/** All that `generate` takes, by the names of `Model.modalities`. */
export type HostInputs = Readonly<Record<string, HostInput>>;

/** Something known that counts more or less than the model believes. */
export interface WeightedInputs<Values = Inputs> {
  readonly inputs: Values;
  /** 1 is as much as the model believes; above, it is exaggerated; below 0, it is what the result should not be like. */
  readonly weight: number;
}

/** A result of `generate`, or of anything else that has its tokens. */
export interface GivenTokens {
  /** Token ids: row by row, [h·w]; of texts, without [EOS]. */
  readonly tokens: Int32Array;
  /** The model's modality that they are tokens of, as results have it; they are taken for no other. */
  readonly modality?: string;
}

/** A picture or map of which not everything is known: to be painted in, or beyond its edges. */
export interface PartialImage {
  /** A PNG or JPEG file's bytes, or a raster. What is not known of it may be anything. */
  readonly image: Uint8Array | Raster;
  /** Of the same size: black, or 0, where the picture is not known. The model knows whole patches or nothing of them. */
  readonly known: Uint8Array | Raster;
}

/** A person as input: with the tokens of the body's pose, or with the pose itself, as `Model.bodyPoses` gives it. */
export type GivenPose = HumanPose | (Omit<HumanPose, 'poseTokens'> & { readonly bodyPose: ArrayLike<number> });

/** An object as input: with the tokens of its mask, or with the mask itself, the box stretched to a square. */
export type GivenInstance = SamInstance | (Omit<SamInstance, 'tokens'> & { readonly mask: Raster });
