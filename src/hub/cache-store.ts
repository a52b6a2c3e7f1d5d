/**
 * Storage of a cache: a folder, a browser's Cache API, or the caller's own. Several programs may use it at once.
 */
export interface CacheStore {
  /** The store in error messages. */
  readonly name?: string | undefined;
  /** A copy of the bytes of a key; undefined if there are none. A key consists of names separated by `/`. */
  get(key: string): Promise<Uint8Array | undefined>;
  /**
   * Stores bytes under a key atomically: a concurrent reader gets the old or the new bytes, never a mixture.
   *
   * @returns false if there is no space, and nothing is stored
   */
  put(key: string, bytes: Uint8Array): Promise<boolean>;
  /** All keys that begin with a prefix, which ends with `/`, or is empty. */
  keys(prefix: string): Promise<string[]>;
  /** Total bytes under all keys that begin with a prefix, which ends with `/`, or is empty. */
  size(prefix: string): Promise<number>;
  /** Deletes all keys that begin with a prefix, which ends with `/`, or is empty. */
  delete(prefix: string): Promise<void>;
}
