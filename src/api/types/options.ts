import type { Inputs, WeightedInputs } from './inputs.js';
import type { DecodingSettings } from './package.js';

/**
 * Progress of a generation: reads the inputs, loads the required weights, generates one modality after another, and detokenizes
 * them. Each phase begins with a report whose `done` is 0.
 */
export interface GenerationProgress {
  /**
   * `warming up` replaces the others during the first step of a kind on WebGPU, which compiles its programs then. This may take
   * seconds.
   */
  readonly phase: 'reading' | 'loading' | 'generating' | 'detokenizing' | 'warming up';
  /**
   * The modality that is read, generated or detokenized; possibly an intermediate one that was not requested (`chain` in
   * `fourm.json`). Absent while the transformer's weights are loaded.
   */
  readonly modality?: string;
  /** Samples read, weights loaded, tokens committed, or diffusion steps done, of `total`. */
  readonly done: number;
  /** For texts, the maximum number of tokens. */
  readonly total: number;
  /** Fraction of the whole generation's expected time, 0…1; never decreases. */
  readonly share: number;
  /**
   * Estimate from the measured time of steps of the same kind. Texts count with their maximum length, so with texts it is an
   * upper bound. Undefined until a step has been measured; excludes warming up.
   */
  readonly secondsLeft: number | undefined;
}

/** Tokens that one step of a generation has committed. */
export interface GeneratedTokens {
  /** Its short name; possibly an intermediate one that was not requested. */
  readonly modality: string;
  /** Of each sample, in order; of a text that is complete, none. */
  readonly samples: readonly (readonly GeneratedToken[])[];
}

/** A token and its probability. */
export interface LikelyToken {
  readonly id: number;
  /** Its probability among the tokens that top-k and top-p keep; at temperature 0, its probability at temperature 1. */
  readonly probability: number;
  /** Of texts: the token as the vocabulary has it, such as `ball`, `##s` or `v0=12`. */
  readonly text?: string;
}

/** A token that a step has committed. */
export interface GeneratedToken extends LikelyToken {
  /** Images: the position in the grid of tokens, row by row. Texts: the index of the token, 0 for the first that is generated. */
  readonly position: number;
  /** Of the distribution that it was drawn from, the highest probability first; only with `details.alternatives`. */
  readonly alternatives?: readonly LikelyToken[];
  /**
   * The attention to each modality that was input; only with `details.attention`. Without weighted conditions there is one list; with them
   * there is one for each, which attends to the inputs and to this condition, and one for each target before that is complete.
   */
  readonly attention?: readonly (readonly InputAttention[])[];
}

/** Shares of the tokens of an input modality in the decoder's cross-attention, the mean over heads and blocks. */
export interface InputAttention {
  /** Its short name; of a partly generated image also the target itself. */
  readonly modality: string;
  /**
   * Of images by position in the grid, 0 where the token is not input; of texts by index. Over all modalities they sum to 1, less the
   * shares of register tokens.
   */
  readonly shares: Float32Array;
  /** Of texts: the tokens, as {@link LikelyToken.text}. */
  readonly texts?: readonly string[];
}

/** Details that `onTokens` reports besides probabilities. Both take time and memory; the tokens stay the same. */
export interface TokenDetails {
  /** How many tokens of highest probability; none if absent. */
  readonly alternatives?: number | undefined;
  /** Whether to report the attention to the inputs. */
  readonly attention?: boolean | undefined;
}

/** A whole number, or one for each sample. */
export type Seed = number | readonly number[];

/** Options of `Model.generate`. */
export interface GenerateOptions<Name extends string = string, Values = Inputs> {
  /**
   * Targets, in order of generation; each is an input of the following ones. The sentinel `[S_1]` of a text is an input of the targets
   * before it too, as officially (`spec/quirks.md`), so adding a text as a target changes them slightly; adding an image does not.
   */
  readonly to: readonly Name[];
  /**
   * Weighted conditions, each guiding separately from the inputs and the others: `[{ inputs: { caption: 'a dog' }, weight: -1
   * }]`.
   */
  readonly conditions?: readonly WeightedInputs<Values>[];
  /**
   * The same seed gives the same result on every backend, and a sample the same result alone and beside others: equal samples of
   * `generateMany` become equal results, unless a list gives each a seed of its own. 0 if absent.
   */
  readonly seed?: Seed;
  /** Overrides of the model's own decoding settings, by name. */
  readonly decoding?: Readonly<Record<string, Partial<DecodingSettings>>>;
  /** Called with the tokens that each step has committed, before its `onProgress`. */
  readonly onTokens?: (tokens: GeneratedTokens) => void;
  /** For `onTokens`. */
  readonly details?: TokenDetails | undefined;
  /** Called before and after every step. */
  readonly onProgress?: (progress: GenerationProgress) => void;
  /** Cancels between two steps. */
  readonly signal?: AbortSignal;
}

/** Options of `Model.reconstruct`. */
export interface ReconstructOptions {
  /** Of the noise that diffusion decoders paint from: one for all values, or a list with one for each; 0 if absent. */
  readonly seed?: Seed;
  /** Cancels between two samples, and between two diffusion steps. */
  readonly signal?: AbortSignal;
}

/** Options of methods whose only option is a signal. */
export interface SignalOptions {
  readonly signal?: AbortSignal | undefined;
}
