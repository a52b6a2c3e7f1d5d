/**
 * Where a cache keeps its entries: a folder, a browser's Cache API, or a store of the caller's own. Several programs may use
 * the same store at once.
 */
export interface CacheStore {
  /** The store in error messages. */
  readonly name?: string | undefined;
  /** The bytes under a key, as a copy of their own; undefined if there are none. A key is names separated by `/`. */
  get(key: string): Promise<Uint8Array | undefined>;
  /**
   * Keeps bytes under a key in place of what was there: a reader sees the one or the other, never a mixture.
   *
   * @returns false if there is no space for them, and nothing is kept
   */
  put(key: string, bytes: Uint8Array): Promise<boolean>;
  /** All keys that begin with a prefix, which ends with `/`, or is empty. */
  keys(prefix: string): Promise<string[]>;
  /** Bytes kept under all keys that begin with a prefix, which ends with `/`, or is empty. */
  size(prefix: string): Promise<number>;
  /** Deletes all keys that begin with a prefix, which ends with `/`, or is empty. */
  delete(prefix: string): Promise<void>;
}
