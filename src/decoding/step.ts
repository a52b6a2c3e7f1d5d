import type { EncoderCache } from './encoder-cache.js';
import type { Guidance, WeightedGuidance } from './guidance.js';
import type { DecodingRandomness, SampledToken, SamplingOptions } from './sampling.js';
import type { DecodingVocabulary } from './state.js';
import type { InputAttention, TokenDetails } from './token-details.js';

/** A token that a decoding step has generated. */
export interface GeneratedToken extends SampledToken {
  /** Image tokens: the position in the grid, row by row. Sequences: the index in the target, 0 for the first token after its prefix. */
  readonly position: number;
  /** The tokens of highest probability in the distribution that it was drawn from, the highest first; without those of probability 0. */
  readonly alternatives?: readonly SampledToken[];
  /** Of each conditional pass: one, or with several conditions one for each, and for each target that became one. */
  readonly attention?: readonly (readonly InputAttention[])[];
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
  /** For `onTokens`. The tokens are the same with and without. */
  readonly details?: TokenDetails | undefined;
  /** Shared by all steps of a chain, so that unchanged inputs are not encoded again. */
  readonly encoderCache?: EncoderCache | undefined;
  /** With `official`, unintended behaviour of the official implementation is reproduced; each step documents it. */
  readonly compat?: 'official' | undefined;
}
