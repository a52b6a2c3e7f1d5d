import type { Inputs, WeightedInputs } from './inputs.js';
import type { DecodingSettings } from './package.js';

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
   * The modality that is read, generated or detokenized; of a picture from text alone, this may be a map that it goes through. Absent
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

/** A whole number, or one for each sample. */
export type Seed = number | readonly number[];

/** Options of `Model.generate`. */
export interface GenerateOptions<Name extends string = string, Values = Inputs> {
  /**
   * Targets in order of generation; each is an input of those after it. Of a text, the sentinel `[S_1]` is an input of those before it
   * too, as officially (`spec/quirks.md`), so asking for a text as well changes them slightly; asking for an image does not.
   */
  readonly to: readonly Name[];
  /** Known besides the inputs, each apart from the others: `[{ inputs: { caption: 'a dog' }, weight: -1 }]`. */
  readonly conditions?: readonly WeightedInputs<Values>[];
  /**
   * The same seed gives the same result on every backend, and a sample the same result alone and beside others: equal samples of
   * `generateMany` become equal results, unless a list gives each a seed of its own. 0 if absent.
   */
  readonly seed?: Seed;
  /** Overrides of the model's own decoding settings, by name. */
  readonly decoding?: Readonly<Record<string, Partial<DecodingSettings>>>;
  /** Called before and after every step. */
  readonly onProgress?: (progress: GenerationProgress) => void;
  /** Stops between two steps. */
  readonly signal?: AbortSignal;
}

/** Options of `Model.reconstruct`. */
export interface ReconstructOptions {
  /** Of the noise that diffusion decoders paint from: one for all values, or a list with one for each; 0 if absent. */
  readonly seed?: Seed;
  /** Stops between two samples, and between two steps of diffusion. */
  readonly signal?: AbortSignal;
}

/** Options of what takes nothing but a signal. */
export interface SignalOptions {
  readonly signal?: AbortSignal | undefined;
}
