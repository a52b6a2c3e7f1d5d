import type { KnownModalities } from '../decoding/known-modalities.js';
import { InvalidInputError } from '../errors.js';
import { copyEncoder } from '../transformer/encoder-only.js';
import type { FourM } from '../transformer/model.js';
import { ownInput, ownInputs } from './request/host-inputs.js';
import { isPartial } from './request/partial.js';
import { readInputs } from './request/read-inputs.js';
import { type TokenizedValue, tokenizeValues } from './request/tokenize-values.js';
import { tokenizerChecksum } from './request/tokenizer-checksum.js';
import { checkFits } from './resources/check-fits.js';
import { downloadForReconstruction } from './resources/download.js';
import { inputModality, type ModelParts } from './resources/model-parts.js';
import type { ModelQueue } from './resources/model-queue.js';
import { reconstructionMemory } from './resources/request-need.js';
import { modalityNamed } from './types/description.js';
import type { HostInput, HostInputs } from './types/inputs.js';
import type { SignalOptions } from './types/options.js';

/**
 * Requests of training tools to a model: tokens of values for a dataset, and a copy of the encoder for transfer. They are queued with
 * the model's other requests.
 */
export class TrainingAccess {
  readonly #parts: ModelParts;
  readonly #queue: ModelQueue;

  constructor(parts: ModelParts, queue: ModelQueue) {
    this.#parts = parts;
    this.#queue = queue;
  }

  /**
   * Encodes values as the tokens that a model is trained on.
   *
   * @throws InvalidInputError for values of another kind or size
   * @throws MemoryError if the backend has no room for it
   * @throws MediaError for bytes that are not an image file
   * @throws CancelledError when the signal fires
   */
  async tokenize(
    name: string,
    values: readonly HostInput[],
    { signal }: SignalOptions = {},
  ): Promise<TokenizedValue[]> {
    const { kind } = modalityNamed(this.#parts.description, name);
    if (values.some(isPartial)) throw new InvalidInputError(`of '${name}', only whole values can be tokenized`);
    const hasTokens = kind !== 'embeddings';
    return this.#queue.add({
      what: `tokenizing '${name}'`,
      signal,
      read: () => Promise.all(values.map((value) => ownInput(name, value, signal))),
      download: async () => {
        if (hasTokens) await downloadForReconstruction(this.#parts, name, values.length, signal);
      },
      run: async (own) => {
        if (hasTokens) await checkFits(await reconstructionMemory(this.#parts, name, 1, signal));
        return tokenizeValues(this.#parts, name, own, signal);
      },
    });
  }

  /**
   * SHA-256 of the weights that the tokens of a modality depend on, in hexadecimal digits; undefined if there are none, as for captions.
   *
   * @throws CancelledError when the signal fires
   */
  tokenizerChecksum(name: string, { signal }: SignalOptions = {}): Promise<string | undefined> {
    return this.#queue.add({
      what: `checking the tokenizer of '${name}'`,
      signal,
      read: async () => {},
      run: () => tokenizerChecksum(this.#parts, name, signal),
    });
  }

  /**
   * A copy of the encoder alone, which the caller disposes of.
   *
   * @param names input modalities of the copy
   * @throws CancelledError when the signal fires
   */
  encoder(names: readonly string[], { signal }: SignalOptions = {}): Promise<FourM> {
    const inputs = names.map((name) => inputModality(this.#parts, name, []).name);
    return this.#queue.add({
      what: 'copying the encoder',
      signal,
      read: async () => {},
      run: () => copyEncoder(this.#parts.transformer, inputs, signal),
    });
  }

  /**
   * The values of samples, as inputs of the {@link encoder}.
   *
   * @param samples all of the same modalities
   * @throws InvalidInputError for values that are not the modality's
   * @throws MediaError for bytes that are not an image file
   * @throws CancelledError when the signal fires
   */
  encoderInputs(samples: readonly HostInputs[], { signal }: SignalOptions = {}): Promise<KnownModalities> {
    return this.#queue.add({
      what: 'reading inputs',
      signal,
      read: () => Promise.all(samples.map((sample) => ownInputs(sample, signal))),
      run: (own) => readInputs(this.#parts, own, [], { signal, report: () => {} }),
    });
  }
}
