import type { EncoderCache } from './encoder-cache.js';
import type { Guidance, WeightedGuidance } from './guidance.js';
import type { DecodingRandomness, SamplingOptions } from './sampling.js';
import type { DecodingVocabulary } from './state.js';

/** Options of one decoding step. */
export interface StepOptions extends SamplingOptions {
  readonly guidance?: Guidance | WeightedGuidance | undefined;
  readonly randomness: DecodingRandomness;
  readonly vocabulary: DecodingVocabulary;
  /** Shared by all steps of a chain, so that unchanged inputs are not encoded again. */
  readonly encoderCache?: EncoderCache | undefined;
  /** With `official`, unintended behaviour of the official implementation is reproduced; each step documents it. */
  readonly compat?: 'official' | undefined;
}
