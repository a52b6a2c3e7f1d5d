import { argmax, type Draws, inverseCdf } from '../../decoding/sampling.js';
import type { DecodingVocabulary } from '../../decoding/state.js';
import type { ConformanceCase } from '../case.js';
import { SENTINEL_IDS } from './masks.js';

/** The special ids of the published text tokenizer, which the small vocabularies of the cases share. */
export const VOCABULARY: DecodingVocabulary = { padId: 0, eosId: 3, sentinelIds: SENTINEL_IDS };

/** Draws what the reference drew. Guided ROAR drew an order for each pass. */
export class RecordedDraws implements Draws {
  readonly #reference: ConformanceCase;
  #uniforms: number[] = [];
  #uniformCall = 0;
  #orderCall = 0;

  constructor(reference: ConformanceCase) {
    this.#reference = reference;
  }

  category(probabilities: Float32Array): number {
    if (this.#reference.about.sampler === 'argmax') return argmax(probabilities);
    if (this.#uniforms.length === 0) {
      this.#uniforms = Array.from(this.#reference.floats(`in.uniform.${this.#uniformCall++}`));
    }
    return inverseCdf(probabilities, this.#uniforms.shift()!);
  }

  order(): ArrayLike<number> {
    return this.#reference.floats(`in.roar_rand.${this.#orderCall++}`);
  }
}
