import { Inflate } from 'fflate';
import { MediaError } from '../../errors.js';
import { reason } from '../limits.js';
import type { Steps } from '../steps.js';

/** Bytes inflated at a time, to at most 16 MB. */
const PIECE = 16 * 1024;
/** DEFLATE packs at most so many bytes into one. */
const MAX_RATIO = 1032;
/** A zlib stream (RFC 1950): two bytes of header, the DEFLATE stream, the checksum of what it holds. */
const HEADER = 2;
const CHECKSUM = 4;

/**
 * Inflates a zlib stream of exactly `length` bytes. Bytes beyond that are not inflated.
 *
 * @throws MediaError if the stream is damaged, or holds fewer or more bytes
 */
export function* inflateExactly(zlib: Uint8Array, length: number): Steps<Uint8Array<ArrayBuffer>> {
  const [method, flags] = zlib as unknown as [number, number];
  if (zlib.length < HEADER + CHECKSUM) throw new MediaError(`truncated PNG: ${zlib.length} bytes of compressed pixels`);
  if ((method & 15) !== 8 || (method * 256 + flags) % 31 !== 0 || (flags & 32) !== 0) {
    throw new MediaError('damaged PNG: its pixels are no zlib stream');
  }
  const packed = zlib.subarray(HEADER, -CHECKSUM);
  if (packed.length * MAX_RATIO < length) {
    throw new MediaError(`truncated PNG: ${zlib.length} bytes of compressed pixels cannot become ${length}`);
  }
  const inflated = new Uint8Array(length);
  let filled = 0;
  const stream = new Inflate((piece) => {
    if (piece.length > length - filled) throw new MediaError(`damaged PNG: it unpacks to more than ${length} bytes`);
    inflated.set(piece, filled);
    filled += piece.length;
  });
  for (let at = 0; at < packed.length; at += PIECE) {
    try {
      stream.push(packed.subarray(at, at + PIECE), at + PIECE >= packed.length);
    } catch (error) {
      if (error instanceof MediaError) throw error;
      throw new MediaError(`damaged PNG: ${reason(error)}`);
    }
    yield;
  }
  if (filled < length) throw new MediaError(`truncated PNG: ${filled} of ${length} bytes of pixels`);
  const view = new DataView(zlib.buffer, zlib.byteOffset, zlib.byteLength);
  if (adler32(inflated) !== view.getUint32(zlib.length - CHECKSUM)) {
    throw new MediaError('damaged PNG: the checksum of its pixels does not match them');
  }
  return inflated;
}

/** The checksum at the end of a zlib stream (RFC 1950). */
function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 3800); // so many fit in 32 bits before the remainder is taken
    for (; at < end; at++) {
      a += bytes[at]!;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}
