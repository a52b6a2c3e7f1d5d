import { decode } from 'jpeg-js';
import { MediaError } from '../errors.js';
import { exifOrientation } from './exif.js';
import { checkSize, reason } from './limits.js';
import type { StoredPicture } from './png.js';
import type { Raster, RgbImage } from './raster.js';

/** The decoder works with some 20 bytes a pixel; this is enough for every picture within the limit. */
const MEMORY_MB = 2048;

/**
 * Decodes a baseline or progressive JPEG file to grey or RGB. Chroma that is stored at half the resolution is interpolated,
 * as libjpeg does; colour profiles are ignored. Values are within 3 of libjpeg's, 4 at strongly coloured edges, because the
 * decoder's cosine transform rounds more often.
 *
 * @throws MediaError if the file is damaged, cut short, too large, or of a kind that is not supported
 */
export function decodeJpeg(bytes: Uint8Array): StoredPicture {
  const header = readHeader(bytes);
  const { width, height, components } = header;
  let decoded: Uint8Array;
  try {
    decoded = decode(header.file, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxMemoryUsageInMB: MEMORY_MB,
      ...(components.length === 3 ? { colorTransform: false } : {}),
    }).data;
  } catch (error) {
    throw new MediaError(`damaged or unsupported JPEG: ${reason(error)}`);
  }
  const stored = { width, height, channels: 3, data: decoded };
  const raster =
    components.length === 3 ? fromComponents(stored, header) : components.length === 1 ? grey(stored) : stored;
  return { raster, orientation: header.orientation };
}

interface Component {
  readonly id: number;
  /** Samples of this component for each block of the picture, across and down. */
  readonly h: number;
  readonly v: number;
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly components: readonly Component[];
  /** Whether three components are luma and chroma, not red, green and blue. */
  readonly isYcc: boolean;
  readonly orientation: number;
  /** The file, for a decoder that is to leave the components as they are. */
  readonly file: Uint8Array;
}

/** Walks the segments before the first scan. */
function readHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let frame: Pick<Header, 'width' | 'height' | 'components'> | undefined;
  let orientation = 1;
  let adobe: number | undefined; // where the Adobe segment keeps its transform
  let isJfif = false;
  for (let offset = 2; ; ) {
    while (bytes[offset] === 0xff && bytes[offset + 1] === 0xff) offset++; // fill bytes
    const length = offset + 4 <= bytes.length ? view.getUint16(offset + 2) : bytes.length;
    if (offset + 2 + length > bytes.length) throw new MediaError(`truncated JPEG: it ends at byte ${bytes.length}`);
    if (bytes[offset] !== 0xff || length < 2) throw new MediaError(`damaged JPEG: no segment at byte ${offset}`);
    const marker = bytes[offset + 1]!;
    const segment = bytes.subarray(offset + 4, offset + 2 + length);
    if (marker === 0xda) break;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) frame = readFrame(marker, segment);
    if (marker === 0xe0 && startsWith(segment, 'JFIF\0')) isJfif = true;
    if (marker === 0xe1 && startsWith(segment, 'Exif\0\0')) orientation = exifOrientation(segment.subarray(6));
    if (marker === 0xee && startsWith(segment, 'Adobe') && segment.length >= 12) adobe = offset + 4 + 11;
    offset += 2 + length;
  }
  if (!frame) throw new MediaError('damaged JPEG: a scan without a frame header');
  const coloured = frame.components.length === 3;
  const isRgb = !isJfif && (adobe === undefined ? namesRgb(frame.components) : bytes[adobe] === 0);
  return { ...frame, isYcc: coloured && !isRgb, orientation, file: coloured ? withByte(bytes, adobe, 0) : bytes };
}

function readFrame(marker: number, segment: Uint8Array): Pick<Header, 'width' | 'height' | 'components'> {
  if (marker > 0xc2) throw new MediaError('a lossless, hierarchical or arithmetic-coded JPEG is not supported');
  const count = segment[5] ?? 0;
  if (segment.length < 6 + 3 * count) throw new MediaError('damaged JPEG: a frame header that is too short');
  if (segment[0] !== 8) throw new MediaError(`a JPEG with ${segment[0]} bits a sample is not supported`);
  const height = segment[1]! * 256 + segment[2]!;
  const width = segment[3]! * 256 + segment[4]!;
  checkSize('JPEG', width, height);
  if (![1, 3, 4].includes(count)) throw new MediaError(`a JPEG with ${count} components is not supported`);
  const components = Array.from({ length: count }, (_, i) => {
    const [id, sampling] = segment.subarray(6 + 3 * i) as unknown as [number, number];
    return { id, h: sampling >> 4, v: sampling & 15 };
  });
  return { width, height, components };
}

function startsWith(segment: Uint8Array, text: string): boolean {
  return [...text].every((char, i) => segment[i] === char.charCodeAt(0));
}

function namesRgb(components: readonly Component[]): boolean {
  return components.map(({ id }) => String.fromCharCode(id)).join('') === 'RGB';
}

function withByte(bytes: Uint8Array, at: number | undefined, value: number): Uint8Array {
  if (at === undefined) return bytes;
  const copy = new Uint8Array(bytes);
  copy[at] = value;
  return copy;
}

function grey({ width, height, data }: RgbImage): Raster<Uint8Array> {
  return { width, height, channels: 1, data: Uint8Array.from({ length: width * height }, (_, i) => data[i * 3]!) };
}

/** RGB from three components, in each pixel the nearest stored sample of each. */
function fromComponents(nearest: RgbImage, { components, isYcc }: Header): RgbImage {
  const [first, second, third] = components.map((component, c) => smoothPlane(nearest, c, component, components)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const data = new Uint8ClampedArray(nearest.data.length); // rounds and clamps
  for (let i = 0, at = 0; i < first.length; i++, at += 3) {
    const [y, cb, cr] = [first[i]!, second[i]! - 128, third[i]! - 128];
    data[at] = isYcc ? y + 1.402 * cr : y;
    data[at + 1] = isYcc ? y - 0.344136 * cb - 0.714136 * cr : second[i]!;
    data[at + 2] = isYcc ? y + 1.772 * cb : third[i]!;
  }
  return { ...nearest, data: new Uint8Array(data.buffer) };
}

/**
 * One component at full resolution. A component of half the width or height is interpolated between the centres of its
 * samples (libjpeg's "fancy upsampling"); other ratios, and planes too narrow for it, keep the nearest sample, as there.
 */
function smoothPlane(image: RgbImage, channel: number, own: Component, all: readonly Component[]): Float32Array {
  const stepX = Math.max(...all.map(({ h }) => h)) / own.h;
  const stepY = Math.max(...all.map(({ v }) => v)) / own.v;
  const isSmooth = (stepX === 2 && stepY <= 2 && image.width > 4) || (stepX === 1 && stepY === 2);
  const columns = neighbours(image.width, isSmooth ? stepX : 1);
  const rows = neighbours(image.height, isSmooth ? stepY : 1);
  const plane = new Float32Array(image.width * image.height);
  for (let y = 0; y < image.height; y++) {
    const near = rows.near[y]! * image.width;
    const far = rows.far[y]! * image.width;
    for (let x = 0; x < image.width; x++) {
      const left = columns.near[x]!;
      const right = columns.far[x]!;
      plane[y * image.width + x] =
        (9 * image.data[(near + left) * 3 + channel]! +
          3 * image.data[(near + right) * 3 + channel]! +
          3 * image.data[(far + left) * 3 + channel]! +
          image.data[(far + right) * 3 + channel]!) /
        16;
    }
  }
  return plane;
}

/** For each position along an axis, the pixels that hold the two stored samples nearest to it. */
function neighbours(length: number, step: number): { near: Int32Array; far: Int32Array } {
  const near = Int32Array.from({ length }, (_, i) => i - (i % step));
  const last = near[length - 1]!;
  const far = near.map((at, i) => (step === 1 ? at : Math.min(last, Math.max(0, i % 2 === 0 ? at - 2 : at + 2))));
  return { near, far };
}
