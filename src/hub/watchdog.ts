/** Aborts a request after a time without bytes, or when the caller's signal fires. */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #seconds: number;
  readonly #caller: AbortSignal | undefined;
  readonly #abort = () => this.#controller.abort();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timedOut = false;

  constructor(seconds: number, caller: AbortSignal | undefined) {
    this.#seconds = seconds;
    this.#caller = caller;
    if (caller?.aborted) this.#abort();
    caller?.addEventListener('abort', this.#abort);
    this.restart();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the request was aborted because no bytes arrived. */
  get timedOut(): boolean {
    return this.#timedOut;
  }

  /** Must be called whenever bytes arrive. */
  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timedOut = true;
      this.#controller.abort();
    }, this.#seconds * 1000);
  }

  /** A step of the request, or its failure as soon as the request is aborted, because not every `fetch` observes its signal. */
  race<T>(step: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#controller;
      const leave = () => reject(signal.reason);
      if (signal.aborted) leave();
      signal.addEventListener('abort', leave);
      step.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  /** Must be called at the end of the request; aborts it if it is still in progress. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#abort);
    this.#controller.abort();
  }
}
