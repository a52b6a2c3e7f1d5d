import { MediaError } from '../../errors.js';
import { exifOrientation } from '../exif.js';
import type { Raster } from '../raster.js';
import type { Steps } from '../steps.js';
import { type Chunk, readChunks } from './chunks.js';
import { concatenate, GREY, PALETTE, RGB } from './format.js';
import { type Header, passesOf, readHeader } from './header.js';
import { inflateExactly } from './inflate.js';
import { placeSamples } from './samples.js';
import { unfilter } from './unfilter.js';

/** An image as stored, before its EXIF orientation is applied. */
export interface StoredImage {
  readonly raster: Raster<Uint8Array | Uint16Array>;
  /** EXIF orientation for viewing, 1 (as stored) to 8. */
  readonly orientation: number;
}

/**
 * Decodes a PNG file of any legal kind. Palettes and transparent colours become channels, depths below 8 bits become 8.
 * Memory: the stored pixels, and a copy if the result has another layout.
 *
 * @param indices  whether the pixels of a palette are its indices, in one channel, and not their colours
 * @throws MediaError if the file is damaged, cut short or too large
 */
export function* decodePng(bytes: Uint8Array, indices = false): Steps<StoredImage> {
  const chunks = readChunks(bytes);
  const header = readHeader(chunks[0]!);
  const { width, height, colourType, depth } = header;
  const palette = chunks.find(({ type }) => type === 'PLTE')?.data;
  if (colourType === PALETTE) checkPalette(palette, depth);
  const samples = yield* decodeSamples(chunks, header);
  const transparency = chunks.find(({ type }) => type === 'tRNS')?.data;
  const exif = chunks.find(({ type }) => type === 'eXIf');
  const orientation = exif ? exifOrientation(exif.data) : 1;
  const raster = (data: Uint8Array | Uint16Array) => ({
    width,
    height,
    channels: data.length / (width * height),
    data,
  });
  if (colourType !== PALETTE) {
    const isKeyed = transparency !== undefined && (colourType === GREY || colourType === RGB);
    const keyed = isKeyed ? addAlpha(samples, header, transparency) : samples;
    return { raster: raster(depth < 8 ? stretch(keyed as Uint8Array, depth) : keyed), orientation };
  }
  let highest = 0;
  for (let i = 0; i < samples.length; i++) highest = Math.max(highest, samples[i]!);
  if (3 * highest >= palette!.length) {
    throw new MediaError(`damaged PNG: palette index ${highest} in a palette of ${palette!.length / 3}`);
  }
  return { raster: raster(indices ? samples : coloursOf(samples, palette!, transparency)), orientation };
}

function* decodeSamples(chunks: readonly Chunk[], header: Header): Steps<Uint8Array | Uint16Array> {
  const parts = chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data);
  if (parts.length === 0) throw new MediaError('damaged PNG: it has no pixels (no IDAT)');
  let length = 0;
  const passes = passesOf(header).map((pass) => {
    const offset = length;
    length += pass.height * (pass.rowBytes + 1);
    return { ...pass, offset };
  });
  const bytes = yield* inflateExactly(parts.length === 1 ? parts[0]! : concatenate(parts), length);
  const pixelBytes = Math.max(1, (header.samples * header.depth) / 8);
  for (const pass of passes) yield* unfilter(bytes, pass.offset, pass, pixelBytes);
  return yield* placeSamples(bytes, header, passes);
}

function checkPalette(palette: Uint8Array | undefined, depth: number): void {
  const colours = (palette?.length ?? 0) / 3;
  if (!Number.isInteger(colours) || colours < 1 || colours > 2 ** depth) {
    throw new MediaError(`damaged PNG: a palette of ${colours} colours (expected 1 to ${2 ** depth})`);
  }
}

/** The colours of a palette's indices: RGB, or RGBA where some are transparent; colours behind the alphas are opaque. */
function coloursOf(indices: ArrayLike<number>, palette: Uint8Array, alphas: Uint8Array | undefined): Uint8Array {
  const channels = alphas ? 4 : 3;
  const data = new Uint8Array(indices.length * channels);
  for (let i = 0, to = 0; i < indices.length; i++, to += channels) {
    const from = 3 * indices[i]!;
    data[to] = palette[from]!;
    data[to + 1] = palette[from + 1]!;
    data[to + 2] = palette[from + 2]!;
    if (alphas) data[to + 3] = alphas[indices[i]!] ?? 255;
  }
  return data;
}

/** Appends a channel that is 0 where a pixel has exactly the colour that stands for transparency, else the largest value. */
function addAlpha<T extends Uint8Array | Uint16Array>(
  samples: T,
  { depth, samples: channels }: Header,
  transparency: Uint8Array,
): T {
  if (transparency.length !== 2 * channels) {
    throw new MediaError(`damaged PNG: ${transparency.length} bytes of tRNS (expected ${2 * channels})`);
  }
  const opaque = 2 ** depth - 1;
  const key = Array.from(
    { length: channels },
    (_, c) => (transparency[2 * c]! * 256 + transparency[2 * c + 1]!) & opaque,
  );
  const pixels = samples.length / channels;
  const data = new (samples.constructor as new (length: number) => T)(pixels * (channels + 1));
  for (let i = 0, from = 0, to = 0; i < pixels; i++) {
    let isKey = true;
    for (let c = 0; c < channels; c++, from++, to++) {
      data[to] = samples[from]!;
      isKey &&= samples[from] === key[c];
    }
    data[to++] = isKey ? 0 : opaque;
  }
  return data;
}

/** Samples of less than 8 bits over the range of 8. */
function stretch(samples: Uint8Array, depth: number): Uint8Array {
  const scale = 255 / (2 ** depth - 1);
  for (let i = 0; i < samples.length; i++) samples[i] = samples[i]! * scale;
  return samples;
}
