import { MediaError } from '../../errors.js';
import type { StoredImage } from '../png/decode.js';
import type { Steps } from '../steps.js';
import { type ColourSpace, writeColours, writeInks } from './colour.js';
import { type Frame, readFrame } from './frame.js';
import { allocatePlanes, type Plane, transformPlane } from './planes.js';
import { Progression } from './progression.js';
import { decodeScan, type ScanInput } from './scan.js';
import {
  type ApplicationData,
  colourSpaceOf,
  DHT,
  DQT,
  DRI,
  EOI,
  isFrame,
  readApplicationData,
  readSegment,
  SOS,
} from './segments.js';
import { readHuffman, readQuantisation, type Tables } from './tables.js';
import { upsampledRows } from './upsample.js';

/**
 * Decodes a JPEG file to grey or RGB: baseline, extended or progressive, Huffman-coded, 8 bits; grey, YCbCr, RGB, CMYK or YCCK.
 * Pixels are bit-identical to libjpeg-turbo's defaults, and damaged files are rejected; no JavaScript library does either. Colour profiles are ignored. Memory: 1 byte for each sample that is stored (3 if progressive), and the result.
 *
 * @param inks  instead, the four inks of a CMYK or YCCK file, 0 = none
 * @throws MediaError if the file is damaged, cut short, too large, or of a kind that is not supported; with `inks`, if it has none
 */
export function* decodeJpeg(bytes: Uint8Array, inks = false): Steps<StoredImage> {
  const about: ApplicationData = {};
  const tables: Tables = { quantisation: [], dc: [], ac: [] };
  let scanInput: Omit<ScanInput, 'restartInterval'> | undefined;
  let frame: Frame | undefined;
  let restartInterval = 0;
  for (let offset = 2; ; ) {
    const segment = readSegment(bytes, offset, scanInput !== undefined);
    const { marker, data } = segment;
    offset = segment.end;
    if (marker === EOI) break;
    readApplicationData(segment, about);
    if (marker === DQT) readQuantisation(data, tables);
    if (marker === DHT) readHuffman(data, tables);
    if (marker === DRI) restartInterval = (data[0] ?? 0) * 256 + (data[1] ?? 0);
    if (isFrame(marker)) {
      if (frame) throw new MediaError('damaged JPEG: two frame headers');
      frame = readFrame(marker, data);
    }
    if (marker === SOS) {
      if (!frame) throw new MediaError('damaged JPEG: a scan without a frame header');
      scanInput ??= {
        frame,
        planes: allocatePlanes(frame, bytes.length - offset),
        tables,
        progression: new Progression(frame.components, frame.isProgressive),
      };
      offset = yield* decodeScan(bytes, data, offset, { ...scanInput, restartInterval });
    }
  }
  if (!frame || !scanInput) throw new MediaError('damaged JPEG: it has no pixels');
  scanInput.progression.finish();
  const { planes } = scanInput;
  if (frame.isProgressive) {
    // One component after another, so that its coefficients are freed before the next is computed.
    for (const [i, plane] of planes.entries()) planes[i] = yield* transformPlane(plane);
  }
  const space = colourSpaceOf(frame.components, about);
  const raster = yield* toPixels(frame, planes, space, about.adobe !== undefined, inks);
  return { raster, orientation: about.orientation ?? 1 };
}

/** Rows of pixels between two yields. */
const ROWS = 64;

function* toPixels(
  frame: Frame,
  planes: readonly Plane[],
  space: ColourSpace,
  isInverted: boolean,
  inks: boolean,
): Steps<StoredImage['raster']> {
  const { width, height, mcusWide, maxH } = frame;
  const hasInks = space === 'cmyk' || space === 'ycck';
  if (inks && !hasInks) throw new MediaError('a JPEG in grey or RGB has no inks');
  const channels = inks ? 4 : space === 'grey' ? 1 : 3;
  const data = new Uint8Array(width * height * channels);
  const sources = planes.map((plane) => upsampledRows(plane, frame));
  const rows = planes.map(() => new Uint8ClampedArray(mcusWide * maxH * 8));
  for (let y = 0; y < height; y++) {
    for (const [i, source] of sources.entries()) source(y, rows[i]!);
    if (inks && hasInks) writeInks(space, isInverted, rows, width, data, y * width * channels);
    else writeColours(space, isInverted, rows, width, data, y * width * channels);
    if (y % ROWS === ROWS - 1) yield;
  }
  return { width, height, channels, data };
}
