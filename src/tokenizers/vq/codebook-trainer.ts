import type { Random } from '../../random.js';
import { type CodebookState, type CodebookTraining, kMeans, sampleRows, updateCodebook } from './codebook.js';
import type { VqVaeConfig } from './config.js';
import { nearestDirections, normalizedRows } from './directions.js';
import type { Quantizer } from './quantizer.js';

/** The codebook on the host during training; every change is copied to the device. */
export class CodebookTrainer {
  readonly #quantizer: Quantizer;
  readonly #training: CodebookTraining;
  readonly #state: CodebookState;
  #initialized: boolean;

  private constructor(quantizer: Quantizer, training: CodebookTraining, state: CodebookState, initialized: boolean) {
    this.#quantizer = quantizer;
    this.#training = training;
    this.#state = state;
    this.#initialized = initialized;
  }

  static async start(quantizer: Quantizer, c: VqVaeConfig): Promise<CodebookTrainer> {
    const state = {
      codes: await quantizer.codes.read(),
      usage: await quantizer.usage.read(),
      sums: await quantizer.sums?.read(),
    };
    const training = {
      cosine: c.norm_codes,
      decay: c.ema_decay,
      deadThreshold: c.threshold_ema_dead_code,
      replacement: c.code_replacement_policy,
    };
    return new CodebookTrainer(quantizer, training, state, (await quantizer.initialized.read())[0] !== 0);
  }

  /** Whether {@link initialize} has not been called yet. */
  get waiting(): boolean {
    return !this.#initialized;
  }

  /** Whether codes may be copies of each other, so that the nearest code must be found on the host, by {@link choose}. */
  get hasCopies(): boolean {
    return this.#training.cosine && this.#training.replacement === 'linde_buzo_gray';
  }

  /** The code of each latent, [n]; see {@link nearestDirections}. */
  choose(latents: Float32Array): Int32Array {
    const { codes, usage } = this.#state;
    return nearestDirections(latents, codes, codes.length / usage.length);
  }

  /**
   * Fills the codebook by k-means.
   *
   * @param latents [n, d]
   */
  initialize(latents: Float32Array, random: Random): void {
    const { codes, usage, sums } = this.#state;
    const d = codes.length / usage.length;
    const samples = this.#training.cosine ? normalizedRows(latents, d) : latents;
    const start = sampleRows(samples.length / d, usage.length, random);
    const { means, sizes } = kMeans(samples, start, d, this.#training.cosine);
    codes.set(means);
    sums?.set(means);
    usage.set(sizes);
    this.#initialized = true;
    this.store();
  }

  /** One step of the moving average; see {@link updateCodebook}. */
  update(latents: Float32Array, ids: ArrayLike<number>, random: Random): void {
    updateCodebook(this.#state, latents, ids, this.#training, (n, wanted) => sampleRows(n, wanted, random));
    this.store();
  }

  private store(): void {
    this.#quantizer.codes.load(this.#state.codes);
    this.#quantizer.usage.load(this.#state.usage);
    if (this.#state.sums) this.#quantizer.sums?.load(this.#state.sums);
    this.#quantizer.initialized.load(Float32Array.of(1));
  }
}
