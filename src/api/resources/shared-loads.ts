import { waitOrCancel } from '../../errors.js';

interface Load<T> {
  readonly loading: Promise<T>;
  readonly controller: AbortController;
  /** Number of waiting callers. */
  waiting: number;
}

/** Loads each thing once and shares it; a failed load is repeated at the next call. */
export class SharedLoads<K, T> {
  readonly #what: string;
  readonly #loads = new Map<K, Load<T>>();
  readonly #loaded = new Map<K, T>();

  /** @param what the things in error messages */
  constructor(what: string) {
    this.#what = what;
  }

  /** The loaded things. */
  get loaded(): T[] {
    return [...this.#loaded.values()];
  }

  /**
   * Loads a thing, or waits for it if it is being loaded. A signal ends the wait of its own caller; the load is cancelled when
   * no caller is left.
   *
   * @throws CancelledError when the signal fires
   */
  async get(key: K, load: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#loaded.has(key)) return this.#loaded.get(key)!;
    const shared = this.#loads.get(key) ?? this.#begin(key, load);
    shared.waiting++;
    try {
      return await waitOrCancel(shared.loading, signal, this.#what);
    } finally {
      if (--shared.waiting === 0 && this.#loads.get(key) === shared) {
        this.#loads.delete(key);
        shared.controller.abort();
      }
    }
  }

  #begin(key: K, load: (signal: AbortSignal) => Promise<T>): Load<T> {
    const controller = new AbortController();
    const shared: Load<T> = { loading: load(controller.signal), controller, waiting: 0 };
    this.#loads.set(key, shared);
    const isCurrent = () => this.#loads.get(key) === shared;
    shared.loading.then(
      (value) => {
        if (isCurrent()) this.#loaded.set(key, value);
        if (isCurrent()) this.#loads.delete(key);
      },
      () => {
        if (isCurrent()) this.#loads.delete(key);
      },
    );
    return shared;
  }
}
