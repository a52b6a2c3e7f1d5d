/** The part of browsers' Cache API that a cache uses, in memory. */
export class FakeCaches {
  /** Bytes that fit; putting more fails as in browsers. */
  quota = Number.POSITIVE_INFINITY;
  readonly #caches = new Map<string, Map<string, Response>>();

  async keys(): Promise<string[]> {
    return [...this.#caches.keys()];
  }

  async delete(name: string): Promise<boolean> {
    return this.#caches.delete(name);
  }

  async match(url: string, { cacheName }: { cacheName: string }): Promise<Response | undefined> {
    return this.#caches.get(cacheName)?.get(url)?.clone();
  }

  async open(name: string) {
    const entries = this.#caches.get(name) ?? new Map<string, Response>();
    this.#caches.set(name, entries);
    return {
      put: async (url: string, response: Response) => {
        if (Number(response.headers.get('content-length')) + this.#used() > this.quota) {
          throw new DOMException('full', 'QuotaExceededError');
        }
        entries.set(url, response);
      },
      keys: async () => [...entries.keys()].map((url) => ({ url })),
      matchAll: async () => [...entries.values()].map((response) => response.clone()),
    };
  }

  #used(): number {
    const responses = [...this.#caches.values()].flatMap((entries) => [...entries.values()]);
    return responses.reduce((sum, { headers }) => sum + Number(headers.get('content-length')), 0);
  }
}
