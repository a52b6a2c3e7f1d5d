import type { EncoderCache } from './encoder-cache.js';
import type { Guidance, WeightedGuidance } from './guidance.js';
import type { DecodingRandomness, SampledToken, SamplingOptions } from './sampling.js';
import type { DecodingVocabulary } from './state.js';

/** A token that a decoding step has generated. */
export interface GeneratedToken extends SampledToken {
  /** Image tokens: the place in the grid, row by row. Sequences: the index in the target, 0 for the first token after its prefix. */
  readonly position: number;
}

/** Options of one decoding step. */
export interface StepOptions extends SamplingOptions {
  readonly guidance?: Guidance | WeightedGuidance | undefined;
  readonly randomness: DecodingRandomness;
  readonly vocabulary: DecodingVocabulary;
  /**
   * Called with the tokens of each sample that a step has committed, [B][M]; for sequences, after every token. With it, greedy decoding
   * also computes probabilities; the tokens are the same.
   */
  readonly onTokens?: ((samples: readonly (readonly GeneratedToken[])[]) => void) | undefined;
  /** Shared by all steps of a chain, so that unchanged inputs are not encoded again. */
  readonly encoderCache?: EncoderCache | undefined;
  /** With `official`, unintended behaviour of the official implementation is reproduced; each step documents it. */
  readonly compat?: 'official' | undefined;
}
