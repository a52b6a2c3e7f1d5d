/** Bytes that can be read by range: a buffer here, a file or a server elsewhere. Only what is asked for is loaded. */
export interface ByteSource {
  /** What errors call it: a path, an address. */
  readonly name: string;
  /** All of its bytes. */
  readonly size: number;
  /** Bytes [offset, offset + length), which the caller keeps inside the source. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A buffer as a source; what it reads are views, not copies. */
export function bytesSource(bytes: Uint8Array, name = 'checkpoint'): ByteSource {
  return {
    name,
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}
