import type { Guidance } from './guidance.js';
import type { Draws, SamplingOptions } from './sampling.js';
import type { DecodingVocabulary } from './state.js';

/** How one step of decoding is done. */
export interface StepOptions extends SamplingOptions {
  readonly guidance?: Guidance | undefined;
  readonly draws: Draws;
  readonly vocabulary: DecodingVocabulary;
}
