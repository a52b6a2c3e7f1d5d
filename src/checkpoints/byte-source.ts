/** Bytes [offset, offset + length) of a source. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Bytes that can be read by range: a buffer, a file on disk, or a file on a server. Only the ranges that are read are loaded. */
export interface ByteSource {
  /** The source in error messages: a path, or an address without its secrets. */
  readonly name: string;
  /** Number of bytes in all. */
  readonly size: number;
  /**
   * Reads bytes [offset, offset + length). The caller keeps the range inside the source.
   *
   * @throws CancelledError when the signal fires, where reading may wait for a server
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * Downloads ranges, so that reading them does not wait for a server. Absent where reading never does.
   *
   * @throws CancelledError when the signal fires
   */
  fetch?(ranges: readonly ByteRange[], signal?: AbortSignal): Promise<void>;
  /** Frees what `fetch` holds in memory because no cache keeps it. */
  forget?(): void;
}

/** A buffer as a source; what it reads are views, not copies. */
export function bytesSource(bytes: Uint8Array, name = 'checkpoint'): ByteSource {
  return {
    name,
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}
