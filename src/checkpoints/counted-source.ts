import type { ByteSource } from './byte-source.js';

/** A source that counts what is read from it. */
export interface CountedSource extends ByteSource {
  /** Bytes read so far; those read twice count twice. */
  readonly bytesRead: number;
  /** Number of calls of `read` so far. */
  readonly reads: number;
}

/** Counts what is read from a source. */
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
