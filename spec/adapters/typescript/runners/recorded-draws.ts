import type { DecodingRandomness } from '../../../../src/decoding/sampling.js';
import type { DecodingVocabulary } from '../../../../src/decoding/state.js';
import type { Inputs } from '../inputs.js';
import { SENTINEL_IDS } from './masks.js';

/** The special ids of the published text tokenizer, which the small vocabularies of the cases share. */
export const VOCABULARY: DecodingVocabulary = { padId: 0, eosId: 3, sentinelIds: SENTINEL_IDS };

/** More random numbers are drawn than were recorded, because the generation differs. */
export class NoDrawsLeft extends Error {}

/** Replays the random numbers of the reference. ROAR drew one order for all samples; with guidance, one for each pass. */
export class RecordedDraws implements DecodingRandomness {
  readonly #task: Inputs;
  readonly #isArgmax: boolean;
  #uniformCall = 0;
  #orderCall = 0;

  constructor(task: Inputs) {
    this.#task = task;
    this.#isArgmax = task.options.sampler === 'argmax';
  }

  uniforms(): ArrayLike<number> | undefined {
    if (this.#isArgmax) return undefined;
    return this.#recorded(`in.uniform.${this.#uniformCall++}`);
  }

  order(samples: number): ArrayLike<number>[] {
    return new Array(samples).fill(this.#recorded(`in.roar_rand.${this.#orderCall++}`));
  }

  #recorded(name: string): Float32Array {
    if (!this.#task.has(name)) throw new NoDrawsLeft(`there is no ${name}`);
    return this.#task.floats(name);
  }
}
