import { zlibSync } from 'fflate';
import { InvalidInputError } from '../errors.js';
import type { Bytes } from '../typed-arrays.js';
import type { Colour } from './draw.js';
import { concatenate, crc32, GREY, PALETTE, PNG_SIGNATURE, RGB, RGBA } from './png/format.js';
import type { Raster } from './raster.js';

/** Compression level: nearly as small as the highest for drawings, in a third of the time. */
const LEVEL = 6;

/**
 * A PNG file of an image: 1, 3 or 4 channels of 8 bits, or one grey channel of 16 bits. Equal images give equal files.
 *
 * @throws InvalidInputError if the channels are others, or the data do not fill width × height
 */
export function encodePng(raster: Raster<Uint8Array | Uint16Array>): Bytes {
  const { channels, data } = raster;
  const is16 = data instanceof Uint16Array;
  if (!(is16 ? [1] : [1, 3, 4]).includes(channels)) {
    throw new InvalidInputError(`cannot write a PNG of ${channels} channels with ${is16 ? 16 : 8} bits`);
  }
  const colourType = channels === 1 ? GREY : channels === 3 ? RGB : RGBA;
  return pngFile(raster, colourType);
}

/**
 * A PNG file of class ids as the indices of a palette: viewers show the colours, and {@link decodeMap} reads the ids.
 *
 * @param ids      one channel, each below the length of the palette
 * @param palette  at most 256 colours
 * @throws InvalidInputError if there are more colours, or an id has none
 */
export function encodePalettePng(ids: Raster, palette: readonly Colour[]): Bytes {
  if (ids.channels !== 1 || palette.length < 1 || palette.length > 256) {
    throw new InvalidInputError(
      `cannot write a palette PNG of ${ids.channels} channels and ${palette.length} colours (expected 1, and 1 to 256)`,
    );
  }
  const data = Uint8Array.from(ids.data);
  const wrong = data.findIndex((id, i) => id !== ids.data[i] || id >= palette.length);
  if (wrong >= 0) {
    throw new InvalidInputError(`class ${ids.data[wrong]} has no colour in a palette of ${palette.length}`);
  }
  return pngFile({ ...ids, data }, PALETTE, Uint8Array.from(palette.flat()));
}

function pngFile(
  { width, height, channels, data }: Raster<Uint8Array | Uint16Array>,
  colourType: number,
  palette?: Uint8Array,
): Bytes {
  if (!(width >= 1 && height >= 1) || data.length !== width * height * channels) {
    throw new InvalidInputError(`${data.length} values do not fill ${width} × ${height} × ${channels}`);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8 * data.BYTES_PER_ELEMENT, colourType], 8);
  return concatenate([
    Uint8Array.from(PNG_SIGNATURE),
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', palette)] : []),
    chunk('IDAT', zlibSync(filteredRows(data, height), { level: LEVEL })),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** The rows behind their filter types, all 0 (none), samples of 16 bits with the upper byte first. */
function filteredRows(data: Uint8Array | Uint16Array, height: number): Uint8Array {
  const size = data.BYTES_PER_ELEMENT;
  const rowLength = data.length / height;
  const rows = new Uint8Array(height * (1 + rowLength * size));
  const view = new DataView(rows.buffer);
  for (let y = 0, at = 0; y < height; y++) {
    at++;
    const row = data.subarray(y * rowLength, (y + 1) * rowLength);
    if (size === 1) rows.set(row, at);
    else for (const [i, value] of row.entries()) view.setUint16(at + 2 * i, value);
    at += rowLength * size;
  }
  return rows;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
  return bytes;
}
