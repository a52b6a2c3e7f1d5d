import type { Raster } from '../media/raster.js';
import type { Detection } from '../modalities/text/detections.js';
import type { Metadata } from '../modalities/text/metadata.js';
import type { Rgb } from '../modalities/text/palette.js';
import type { SamInstance } from '../modalities/text/sam-instances.js';
import type { GivenTokens } from './given-tokens.js';
import type { DecodingSettings } from './package.js';
import type { PartialImage } from './partial.js';
import type { GivenPose } from './texts/poses.js';

/**
 * What is given for a modality: a PNG or JPEG file's bytes or a raster for pictures and maps; text for captions; text or
 * values for boxes, facts, colours, people and objects, as they come back from `generate`; and numbers for vectors of other
 * networks. A result itself is taken by its tokens, as the model said them.
 *
 * Pictures and maps may be known in part, and texts may have gaps, `[S_1]`, `[S_2]` and so on: what is asked for as well is
 * completed, and what was given of it stays.
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
  | readonly SamInstance[]
  | GivenTokens;

/** What is known, by the names of `Model.modalities`. */
export type Inputs = Readonly<Record<string, Input>>;

/** Something known that counts more or less than the model believes. */
export interface WeightedInputs {
  readonly inputs: Inputs;
  /** 1 is as much as the model believes; above, it is exaggerated; below 0, it is what the result should not be like. */
  readonly weight: number;
}

/**
 * How far a generation is. It reads what it is given, loads the weights that it needs, generates one modality after the other,
 * and makes of the tokens what they stand for. Before each of these there is a report with nothing `done`.
 */
export interface GenerationProgress {
  /**
   * `warming up` in place of the others while the first step of its kind is taken on a backend that compiles programs when it
   * first needs them, which may take seconds: WebGPU.
   */
  readonly phase: 'reading' | 'loading' | 'generating' | 'detokenizing' | 'warming up';
  /**
   * What is read, generated or detokenized; of a picture from text alone, this may be a map that it goes through. Absent
   * while the transformer's weights are loaded, for all of them.
   */
  readonly modality?: string;
  /** Of `total`: samples that are read, numbers that are loaded, tokens that are decided, steps of painting that are taken. */
  readonly done: number;
  /** Of texts, the tokens that there can be at most. */
  readonly total: number;
  /** Of the whole generation, by expected time, 0…1; never falls. */
  readonly share: number;
  /**
   * From how long steps of the same kind have taken; texts count at their full length, so where there are texts it is at most
   * that. Undefined until the first steps are measured. What warming up takes is not in it.
   */
  readonly secondsLeft: number | undefined;
}

/** Options of `Model.generate`. */
export interface GenerateOptions<Name extends string = string> {
  /** What to generate, in this order: each is known to those that follow. */
  readonly to: readonly Name[];
  /** Known besides the inputs, each apart from the others: `[{ inputs: { caption: 'a dog' }, weight: -1 }]`. */
  readonly conditions?: readonly WeightedInputs[];
  /** The same seed gives the same result on every backend; 0 if absent. */
  readonly seed?: number;
  /** Overrides of the model's own decoding settings, by name. */
  readonly decoding?: Readonly<Record<string, Partial<DecodingSettings>>>;
  /** Called before and after every step. */
  readonly onProgress?: (progress: GenerationProgress) => void;
  /** Stops between two steps. */
  readonly signal?: AbortSignal;
}

/** Options of `Model.reconstruct`. */
export interface ReconstructOptions {
  /** Of the noise that diffusion decoders paint from; 0 if absent. */
  readonly seed?: number;
  /** Stops between two samples, and between two steps of diffusion. */
  readonly signal?: AbortSignal;
}
