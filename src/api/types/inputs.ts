import type { Raster } from '../../media/raster.js';
import type { Detection } from '../../modalities/text/detections.js';
import type { HumanPose } from '../../modalities/text/human-poses.js';
import type { Metadata } from '../../modalities/text/metadata.js';
import type { Rgb } from '../../modalities/text/palette.js';
import type { SamInstance } from '../../modalities/text/sam-instances.js';

/**
 * Input of a modality. Pictures and maps: the bytes of a PNG or JPEG file, or a raster. Captions: text. Boxes, metadata,
 * colours, people and objects: text, or values as in the results of `generate`. Features and embeddings: numbers. Any modality
 * with tokens: a result, whose tokens are used as they are.
 *
 * Pictures and maps may be given in part ({@link PartialImage}), and texts may have masked spans, marked by `[S_1]`, `[S_2]`
 * and so on. If such a modality is a target too, its missing part is generated, and the given part is kept.
 *
 * A text that is empty, has no known word, or exceeds the maximum length is an error; some unknown words cause a warning.
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

/** A picture in a web page: `ImageBitmap`, `HTMLImageElement`, a canvas, `HTMLVideoElement`, `VideoFrame`. */
export type PageImage =
  | { readonly width: unknown; readonly height: unknown }
  | { readonly displayWidth: number; readonly displayHeight: number };

/** An image in the forms that pages and programs have: a file, its bytes or address, pixels of a canvas, or a picture in a page. */
export type HostImage =
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | URL
  | { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray }
  | PageImage;

/** Any input of a modality. */
export type HostInput = Input | HostImage | { readonly image: HostImage; readonly known: HostImage };

/** Inputs of `generate`, by the names of `Model.modalities`. */
export type HostInputs = Readonly<Record<string, HostInput>>;

/** A condition with a guidance weight. */
export interface WeightedInputs<Values = Inputs> {
  readonly inputs: Values;
  /** 1: as the model predicts; above 1: exaggerated; below 0: the result is moved away from the condition. */
  readonly weight: number;
}

/** Tokens of a modality: a result of `generate`, or any object with these properties. */
export interface GivenTokens {
  /** Token ids: row by row, [h·w]; of texts, without [EOS]. */
  readonly tokens: Int32Array;
  /** The model's modality of the tokens, as in results. Tokens of another modality are rejected. */
  readonly modality?: string;
}

/** A partly given picture or map, for inpainting and outpainting. */
export interface PartialImage {
  /** The bytes of a PNG or JPEG file, or a raster. Values outside `known` are ignored. */
  readonly image: Uint8Array | Raster;
  /** A mask of the same size: 0 (black) where the picture is not given. A patch counts as given only if all its pixels are. */
  readonly known: Uint8Array | Raster;
}

/** A person as input: with the tokens of the body's pose, or with the pose itself, as `Model.bodyPoses` gives it. */
export type GivenPose = HumanPose | (Omit<HumanPose, 'poseTokens'> & { readonly bodyPose: ArrayLike<number> });

/** An object as input: with the tokens of its mask, or with the mask itself, the box stretched to a square. */
export type GivenInstance = SamInstance | (Omit<SamInstance, 'tokens'> & { readonly mask: Raster });
