import type { EncoderCache } from './encoder-cache.js';
import type { Guidance, WeightedGuidance } from './guidance.js';
import type { DecodingRandomness, SamplingOptions } from './sampling.js';
import type { DecodingVocabulary } from './state.js';

/** How one step of decoding is done. */
export interface StepOptions extends SamplingOptions {
  readonly guidance?: Guidance | WeightedGuidance | undefined;
  readonly randomness: DecodingRandomness;
  readonly vocabulary: DecodingVocabulary;
  /** What reads the input of all steps of a chain, so that none reads again what the one before has read. */
  readonly encoderCache?: EncoderCache | undefined;
  /** With `official`, what looks unintended in the official implementation is done as there; each step says what that is. */
  readonly compat?: 'official' | undefined;
}
