import { waitOrCancel } from '../errors.js';
import type { Parameter } from './parameters.js';
import { checkParameters, fetchParameters, loadParameters, type TensorReader } from './state-dict.js';

/** Weights of a model that stay in the checkpoint until they are needed. */
export class LazyWeights {
  readonly #parameters: ReadonlySet<Parameter>;
  readonly #reader: TensorReader;
  /** The last call of `load`; the next one waits for it, so that no tensor is read twice. */
  #last: Promise<void> = Promise.resolve();

  /**
   * @param parameters those with values in the checkpoint
   * @throws CheckpointError naming the first tensor that is missing or has another shape; no values are read
   */
  constructor(parameters: readonly Parameter[], reader: TensorReader) {
    checkParameters(parameters, reader);
    this.#parameters = new Set(parameters);
    this.#reader = reader;
  }

  /**
   * Loads the parameters that hold no values yet, each by its own byte range.
   *
   * @param parameters others than those of the constructor are ignored
   * @param onLoad     called before the first tensor and after each, with the number of values loaded so far; not called if
   *                   there is nothing to load
   * @throws CancelledError when the signal fires; tensors read before stay loaded
   */
  load(
    parameters: Iterable<Parameter>,
    signal?: AbortSignal,
    onLoad?: (done: number, total: number) => void,
  ): Promise<void> {
    const requested = [...parameters].filter((parameter) => this.#parameters.has(parameter));
    const read = () =>
      loadParameters(
        requested.filter((parameter) => !parameter.loaded),
        this.#reader,
        signal,
        onLoad,
      );
    const loading = this.#last.then(read, read);
    this.#last = loading;
    return waitOrCancel(loading, signal, 'loading weights');
  }

  /**
   * Downloads what `load` of the same parameters would read, so that it does not wait for a server.
   *
   * @throws CancelledError when the signal fires; what was downloaded by then stays
   */
  fetch(parameters: Iterable<Parameter>, signal?: AbortSignal): Promise<void> {
    const absent = [...parameters].filter((parameter) => this.#parameters.has(parameter) && !parameter.loaded);
    return fetchParameters(absent, this.#reader, signal);
  }

  /** Frees what `fetch` holds in memory because no cache keeps it. */
  forget(): void {
    this.#reader.forget?.();
  }

  /**
   * Releases the device memory of parameters; they are loaded again when they are needed. Changes by training are lost. Must not
   * be called while they are in use.
   */
  release(parameters: Iterable<Parameter>): void {
    for (const parameter of parameters) if (this.#parameters.has(parameter)) parameter.dispose();
  }
}
