import { InvalidInputError, waitOrCancel } from '../../errors.js';
import type { ModelParts } from './model-parts.js';
import { enqueue } from './request-queue.js';

/** The parts of a request. */
export interface QueuedRequest<I, T> {
  /** The request, in error messages. */
  readonly what: string;
  readonly signal: AbortSignal | undefined;
  /** Reads the inputs, before the request's turn. */
  read(): Promise<I>;
  /** Downloads weights, before the request's turn; called only if the model has remote files. */
  download?(inputs: I): Promise<void>;
  /** Computes, while no other request does. */
  run(inputs: I): Promise<T>;
}

/** The requests to one model, in the queue of all requests. */
export class ModelQueue {
  readonly #name: string;
  readonly #parts: ModelParts;
  /** Unfinished requests. */
  readonly #pending = new Set<Promise<unknown>>();
  #disposed = false;

  /** @param name of the model, in errors */
  constructor(name: string, parts: ModelParts) {
    this.#name = name;
    this.#parts = parts;
  }

  /**
   * Adds a request.
   *
   * @throws InvalidInputError after {@link dispose}
   * @throws CancelledError when the signal fires
   */
  async add<I, T>({ what, signal, read, download, run }: QueuedRequest<I, T>): Promise<T> {
    if (this.#disposed) throw new InvalidInputError(`the model '${this.#name}' was disposed of`);
    let inputs: I;
    const prepare = async () => {
      inputs = await read();
      if (!this.#parts.local) await download?.(inputs);
    };
    const request = enqueue(what, signal, () => run(inputs), prepare);
    this.#pending.add(request);
    try {
      return await request;
    } finally {
      this.#pending.delete(request);
      if (this.#pending.size === 0) this.#parts.forget();
    }
  }

  /**
   * Frees the model's device memory after the pending requests; later requests are rejected.
   *
   * @param signal ends the wait; the memory is freed nevertheless
   * @throws CancelledError when the signal fires
   */
  dispose(signal: AbortSignal | undefined): Promise<void> {
    this.#disposed = true;
    const what = `disposing of '${this.#name}'`;
    const pending = [...this.#pending];
    const disposing = enqueue(
      what,
      undefined,
      () => this.#parts.dispose(),
      () => Promise.allSettled(pending),
    );
    return waitOrCancel(disposing, signal, what);
  }
}
