import type { DecodingRandomness } from '../../../../src/decoding/sampling.js';
import type { DecodingVocabulary } from '../../../../src/decoding/state.js';
import type { ConformanceCase } from '../../../harness/case.js';
import { SENTINEL_IDS } from './masks.js';

/** The special ids of the published text tokenizer, which the small vocabularies of the cases share. */
export const VOCABULARY: DecodingVocabulary = { padId: 0, eosId: 3, sentinelIds: SENTINEL_IDS };

/** Draws what the reference drew. ROAR drew one order for all samples; guided, one for each pass. */
export class RecordedDraws implements DecodingRandomness {
  readonly #reference: ConformanceCase;
  #uniformCall = 0;
  #orderCall = 0;

  constructor(reference: ConformanceCase) {
    this.#reference = reference;
  }

  uniforms(): ArrayLike<number> | undefined {
    if (this.#reference.about.sampler === 'argmax') return undefined;
    return this.#reference.floats(`in.uniform.${this.#uniformCall++}`);
  }

  order(samples: number): ArrayLike<number>[] {
    return new Array(samples).fill(this.#reference.floats(`in.roar_rand.${this.#orderCall++}`));
  }
}
