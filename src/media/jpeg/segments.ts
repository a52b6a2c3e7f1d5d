import { MediaError } from '../../errors.js';
import { exifOrientation } from '../exif.js';
import type { ColourSpace } from './colour.js';
import type { Component } from './frame.js';

/** A marker and the segment behind it. */
export interface Segment {
  /** The second byte of the marker. */
  readonly marker: number;
  readonly data: Uint8Array;
  /** Offset of the first byte behind the segment. */
  readonly end: number;
}

/** Start of image, end of image, start of scan, … */
const SOI = 0xd8;
export const EOI = 0xd9;
export const SOS = 0xda;
export const DQT = 0xdb;
export const DHT = 0xc4;
export const DRI = 0xdd;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP14 = 0xee;

/** True if a marker is a frame header. */
export function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![DHT, 0xc8, 0xcc].includes(marker);
}

/**
 * The next segment from `offset` on. Bytes that belong to none are skipped behind a scan only, as libjpeg does.
 *
 * @throws MediaError if the file ends, or holds something else
 */
export function readSegment(bytes: Uint8Array, offset: number, isBehindScan: boolean): Segment {
  let at = offset;
  if (isBehindScan) while (at < bytes.length && !(bytes[at] === 0xff && (bytes[at + 1] ?? 0) >= 0xc0)) at++;
  while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++; // fill bytes
  if (at + 2 > bytes.length) throw new MediaError(`truncated JPEG: it ends at byte ${bytes.length}`);
  const marker = bytes[at + 1]!;
  if (bytes[at] !== 0xff || marker < 0xc0) throw new MediaError(`damaged JPEG: no segment at byte ${at}`);
  if (marker === EOI) return { marker, data: new Uint8Array(), end: at + 2 };
  if (marker >= 0xd0 && marker <= SOI) throw new MediaError(`damaged JPEG: an unexpected marker at byte ${at}`);
  const length = at + 4 <= bytes.length ? bytes[at + 2]! * 256 + bytes[at + 3]! : bytes.length;
  const end = at + 2 + length;
  if (end > bytes.length) throw new MediaError(`truncated JPEG: it ends at byte ${bytes.length}`);
  if (length < 2) throw new MediaError(`damaged JPEG: a segment of ${length} bytes at byte ${at}`);
  return { marker, data: bytes.subarray(at + 4, end), end };
}

/** Facts from the application segments. */
export interface ApplicationData {
  isJfif?: boolean;
  /** The colour transform of the Adobe segment. */
  adobe?: number;
  /** The EXIF orientation. */
  orientation?: number;
}

export function readApplicationData({ marker, data }: Segment, about: ApplicationData): void {
  if (marker === APP0 && startsWith(data, 'JFIF\0')) about.isJfif = true;
  if (marker === APP1 && startsWith(data, 'Exif\0\0')) about.orientation ??= exifOrientation(data.subarray(6));
  if (marker === APP14 && startsWith(data, 'Adobe') && data.length >= 12) about.adobe = data[11]!;
}

function startsWith(segment: Uint8Array, text: string): boolean {
  return [...text].every((char, i) => segment[i] === char.charCodeAt(0));
}

/** The colour space of the components, by the rules of libjpeg. */
export function colourSpaceOf(components: readonly Component[], { isJfif, adobe }: ApplicationData): ColourSpace {
  if (components.length === 1) return 'grey';
  if (components.length === 4) return adobe === undefined || adobe === 0 ? 'cmyk' : 'ycck';
  if (isJfif) return 'ycc';
  if (adobe !== undefined) return adobe === 0 ? 'rgb' : 'ycc';
  return components.map(({ id }) => String.fromCharCode(id)).join('') === 'RGB' ? 'rgb' : 'ycc';
}
