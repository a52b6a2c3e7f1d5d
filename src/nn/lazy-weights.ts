import { waitOrCancel } from '../errors.js';
import type { Parameter } from './parameters.js';
import { checkParameters, fetchParameters, loadParameters, type TensorReader } from './state-dict.js';

/** The weights of a model that stay in its checkpoint until something needs them. */
export class LazyWeights {
  readonly #parameters: ReadonlySet<Parameter>;
  readonly #reader: TensorReader;
  /** What was asked for last; the next call waits for it, so that nothing is read twice. */
  #last: Promise<void> = Promise.resolve();

  /**
   * @param parameters those that the checkpoint has values for
   * @throws CheckpointError naming the first tensor that is missing or has another shape; no values are read
   */
  constructor(parameters: readonly Parameter[], reader: TensorReader) {
    checkParameters(parameters, reader);
    this.#parameters = new Set(parameters);
    this.#reader = reader;
  }

  /**
   * Reads those of the parameters that hold no values, each by its own range.
   *
   * @param parameters those that the checkpoint has nothing for are left alone
   * @param onLoad     if there is anything to read: called before, and after each tensor with how many numbers there are by now
   * @throws CancelledError when the signal fires; what was read by then stays
   */
  load(
    parameters: Iterable<Parameter>,
    signal?: AbortSignal,
    onLoad?: (done: number, total: number) => void,
  ): Promise<void> {
    const asked = [...parameters].filter((parameter) => this.#parameters.has(parameter));
    const read = () =>
      loadParameters(
        asked.filter((parameter) => !parameter.loaded),
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
   * Lets go of the device memory of parameters, which are read anew when they are needed next. What training changed of
   * them is lost. Not to be called while something computes with them.
   */
  release(parameters: Iterable<Parameter>): void {
    for (const parameter of parameters) if (this.#parameters.has(parameter)) parameter.dispose();
  }
}
