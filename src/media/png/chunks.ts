import { MediaError } from '../../errors.js';
import { crc32, PNG_SIGNATURE } from './format.js';

export interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

/** Chunks that decide the pixels: damage to them is an error, and damage to others (profiles, gamma, texts) does no harm. */
const PIXEL_CHUNKS = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];

/** The chunks of a PNG file, up to IEND. Nothing is copied. @throws MediaError if one is cut short or damaged */
export function readChunks(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let offset = PNG_SIGNATURE.length; ; ) {
    const end = offset + 12 <= bytes.length ? offset + 12 + view.getUint32(offset) : Number.POSITIVE_INFINITY;
    if (end > bytes.length)
      throw new MediaError(`truncated PNG: the file ends at byte ${bytes.length}, inside a chunk`);
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    if (PIXEL_CHUNKS.includes(type) && crc32(bytes.subarray(offset + 4, end - 4)) !== view.getUint32(end - 4)) {
      throw new MediaError(`damaged PNG: the checksum of ${type} at byte ${offset} does not match its data`);
    }
    // A chunk whose name begins with a capital letter is needed for reading the pixels.
    if (!PIXEL_CHUNKS.includes(type) && /^[A-Z]/.test(type)) {
      throw new MediaError(`a PNG with the critical chunk ${JSON.stringify(type)} is not supported`);
    }
    chunks.push({ type, data: bytes.subarray(offset + 8, end - 4) });
    offset = end;
    if (type === 'IEND') return chunks;
  }
}
