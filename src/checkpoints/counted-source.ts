import type { ByteSource } from './byte-source.js';

/** A source that counts its reads. */
export interface CountedSource extends ByteSource {
  /** Bytes read so far; those read twice count twice. */
  readonly bytesRead: number;
  /** Number of calls of `read` so far. */
  readonly reads: number;
}

/** Wraps a source and counts its reads. */
export function countedSource(source: ByteSource): CountedSource {
  let [bytesRead, reads] = [0, 0];
  return {
    name: source.name,
    size: source.size,
    get bytesRead() {
      return bytesRead;
    },
    get reads() {
      return reads;
    },
    async read(offset, length, signal) {
      const bytes = await source.read(offset, length, signal);
      bytesRead += bytes.length;
      reads++;
      return bytes;
    },
  };
}
