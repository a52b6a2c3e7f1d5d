/** Aborts a request after a time without bytes, or when the caller's signal fires. */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #seconds: number;
  readonly #caller: AbortSignal | undefined;
  readonly #stop = () => this.#controller.abort();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #barked = false;

  constructor(seconds: number, caller: AbortSignal | undefined) {
    this.#seconds = seconds;
    this.#caller = caller;
    if (caller?.aborted) this.#stop();
    caller?.addEventListener('abort', this.#stop);
    this.feed();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the request was aborted because no bytes arrived. */
  get barked(): boolean {
    return this.#barked;
  }

  /** Must be called whenever bytes arrive. */
  feed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#barked = true;
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
  dismiss(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#stop);
    this.#controller.abort();
  }
}
