/** Gives up on a server from which nothing has come for a while, and when the caller does. */
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

  /** To be called whenever something comes. */
  feed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#barked = true;
      this.#controller.abort();
    }, this.#seconds * 1000);
  }

  /** To be called at the end, whatever happened; a request still under way is broken off. */
  dismiss(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#stop);
    this.#controller.abort();
  }
}
