import type { ByteSource } from './byte-source.js';

/** A source that knows how much was read from it. */
export interface CountedSource extends ByteSource {
  /** Bytes that were read so far; those read twice count twice. */
  readonly bytesRead: number;
  /** How many times something was read. */
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
    async read(offset, length) {
      const bytes = await source.read(offset, length);
      bytesRead += bytes.length;
      reads++;
      return bytes;
    },
  };
}
