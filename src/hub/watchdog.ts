/** Ends a request when nothing has arrived for a while, or when the caller's signal fires. */
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

  /** Whether it was the silence that ended the request. */
  get barked(): boolean {
    return this.#barked;
  }

  /** To be called whenever something arrives. */
  feed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#barked = true;
      this.#controller.abort();
    }, this.#seconds * 1000);
  }

  /** A step of the request, or a failure as soon as the request is ended: not every `fetch` heeds its signal. */
  race<T>(step: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#controller;
      const leave = () => reject(signal.reason);
      if (signal.aborted) leave();
      signal.addEventListener('abort', leave);
      step.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  /** To be called when the request is done or has failed; one still under way is ended. */
  dismiss(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#stop);
    this.#controller.abort();
  }
}
