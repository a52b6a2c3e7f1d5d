import { convertIndexedToRgb, type DecodedPng, decode } from 'fast-png';
import { MediaError } from '../errors.js';
import { exifOrientation } from './exif.js';
import { checkSize, reason } from './limits.js';
import type { Raster } from './raster.js';

/** A picture as its file stores it: 1 grey, 2 grey and alpha, 3 RGB or 4 RGBA channels of 8 or 16 bits. */
export interface StoredPicture {
  readonly raster: Raster<Uint8Array | Uint16Array>;
  /** How it must be turned for viewing: the EXIF code, 1 (as it is) to 8. */
  readonly orientation: number;
}

export const PNG_SIGNATURE: readonly number[] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Bit depths allowed for each colour type (PNG specification, table 11.1). */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** Chunks that decide the pixels. Colour profiles, gamma and texts are left out, and damage to them does no harm. */
const PIXEL_CHUNKS = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];

/**
 * Decodes a PNG file. Palettes and transparent colours become channels, depths below 8 bits become 8.
 *
 * @param indices what a palette's pixels are: their indices, in one channel, if true, and else the colours
 * @throws MediaError if the file is damaged, cut short, too large, or interlaced with fewer than 8 bits a sample
 */
export function decodePng(bytes: Uint8Array, indices = false): StoredPicture {
  const chunks = readChunks(bytes);
  const { colourType } = checkHeader(chunks);
  const wanted = chunks.filter(({ type }) => PIXEL_CHUNKS.includes(type) && !(type === 'tRNS' && colourType > 3));
  let raster: Raster<Uint8Array | Uint16Array>;
  try {
    const png = decode(joined(wanted.map(({ whole }) => whole)), { checkCrc: true });
    raster = indices && colourType === 3 ? indicesOf(png) : toRaster(png, colourType);
  } catch (error) {
    throw new MediaError(`damaged PNG: ${reason(error)}`);
  }
  const exif = chunks.find(({ type }) => type === 'eXIf');
  return { raster, orientation: exif ? exifOrientation(exif.data) : 1 };
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** With its length, type and checksum. */
  readonly whole: Uint8Array;
}

function readChunks(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  let offset = PNG_SIGNATURE.length;
  do {
    const end = offset + 12 <= bytes.length ? offset + 12 + view.getUint32(offset) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw new MediaError(`truncated PNG: it ends at byte ${bytes.length}, inside a chunk`);
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    chunks.push({ type, data: bytes.subarray(offset + 8, end - 4), whole: bytes.subarray(offset, end) });
    offset = end;
  } while (chunks.at(-1)!.type !== 'IEND');
  if (chunks[0]!.type !== 'IHDR' || chunks[0]!.data.length !== 13) throw new MediaError('damaged PNG: no header');
  if (!chunks.some(({ type }) => type === 'IDAT')) throw new MediaError('damaged PNG: no pixels');
  return chunks;
}

/** Checks all that the header announces, also against the amount of data: a small picture must not unpack to gigabytes. */
function checkHeader(chunks: readonly Chunk[]): { colourType: number } {
  const header = chunks[0]!.data;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colourType, interlaced] = [view.getUint8(8), view.getUint8(9), view.getUint8(12) === 1];
  checkSize('PNG', width, height);
  const packed = chunks.reduce((total, { type, data }) => total + (type === 'IDAT' ? data.length : 0), 0);
  if (packed > 1024 + 2 * height * (1 + width * 8)) {
    throw new MediaError(`damaged PNG: ${packed} bytes of pixels are too many for ${width} × ${height}`);
  }
  if (!DEPTHS[colourType]?.includes(depth)) {
    throw new MediaError(`damaged PNG: colour type ${colourType} with ${depth} bits does not exist`);
  }
  if (interlaced && depth < 8) {
    throw new MediaError(`an interlaced PNG with ${depth} bits a sample is not supported; save it without interlacing`);
  }
  return { colourType };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const file = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, PNG_SIGNATURE.length));
  file.set(PNG_SIGNATURE);
  let offset = PNG_SIGNATURE.length;
  for (const chunk of chunks) {
    file.set(chunk, offset);
    offset += chunk.length;
  }
  return file;
}

function indicesOf(png: DecodedPng): Raster<Uint8Array> {
  const { width, height, depth, data } = png;
  return { width, height, channels: 1, data: depth < 8 ? unpack(png) : Uint8Array.from(data) };
}

function toRaster(png: DecodedPng, colourType: number): Raster<Uint8Array | Uint16Array> {
  const { width, height } = png;
  if (colourType === 3) {
    const data = new Uint8Array(convertIndexedToRgb(png));
    return { width, height, channels: data.length / (width * height), data };
  }
  const samples = png.depth < 8 ? unpack(png) : png.data;
  const key = png.transparency;
  const keyed = key && key.length === png.channels ? addAlpha(samples, key, 2 ** png.depth - 1) : samples;
  const data = png.depth === 16 ? Uint16Array.from(keyed) : stretch(keyed, png.depth);
  return { width, height, channels: data.length / (width * height), data };
}

/** One number for each packed sample; rows begin on whole bytes. */
function unpack({ width, height, depth, data }: DecodedPng): Uint8Array {
  const samples = new Uint8Array(width * height);
  const rowBytes = Math.ceil((width * depth) / 8);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = data[y * rowBytes + (bit >> 3)]!;
      samples[y * width + x] = (byte >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }
  }
  return samples;
}

/** Appends a channel that is 0 where a pixel has exactly the colour that stands for transparency, else the largest value. */
function addAlpha(samples: ArrayLike<number>, key: Uint16Array, opaque: number): Uint16Array {
  const channels = key.length;
  const pixels = samples.length / channels;
  const data = new Uint16Array(pixels * (channels + 1));
  for (let i = 0; i < pixels; i++) {
    let isKey = true;
    for (let c = 0; c < channels; c++) {
      const sample = samples[i * channels + c]!;
      data[i * (channels + 1) + c] = sample;
      isKey &&= sample === key[c];
    }
    data[i * (channels + 1) + channels] = isKey ? 0 : opaque;
  }
  return data;
}

/** Samples of up to 8 bits over the range of 8. */
function stretch(samples: ArrayLike<number>, depth: number): Uint8Array {
  const scale = 255 / (2 ** depth - 1);
  return Uint8Array.from(samples, (sample) => sample * scale);
}
