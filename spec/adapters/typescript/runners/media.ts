import { MediaError } from '../../../../src/errors.js';
import { decodeInks, decodeRaster } from '../../../../src/media/decode.js';
import type { Raster } from '../../../../src/media/raster.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';

interface FileEntry {
  readonly file: string;
  /** Of files that are `either`, decoders disagree: they may be refused, or decoded to the given pixels. */
  readonly result: 'ok' | 'error' | 'either';
  readonly width: number;
  readonly height: number;
  /** The largest difference of a channel that the case allows. */
  readonly tolerance: number;
  readonly tensor: string;
  readonly rgba?: string;
  /** The inks of a CMYK file. */
  readonly cmyk?: string;
}

/** `media.decode`: PNG and JPEG files to pixels; damaged ones are refused. */
export function decodedFiles(reference: ConformanceCase, compare: Comparison): void {
  for (const entry of (reference.json() as { files: FileEntry[] }).files) {
    const bytes = reference.file(entry.file);
    const raster = unlessRefused(() => decodeRaster(bytes));
    if (entry.result === 'error') compare.value(`${entry.file} is refused`, raster === undefined, true);
    else if (raster) {
      compareRaster(compare, entry, raster);
      if (entry.cmyk) compare.within(entry.cmyk, decodeInks(bytes).data, entry.tolerance);
    } else if (entry.result === 'either') compare.refused(entry.tensor);
    else compare.value(`${entry.file} is decoded`, false, true);
  }
}

function compareRaster(compare: Comparison, entry: FileEntry, raster: Raster<Uint8Array | Uint16Array>): void {
  const { width, height } = raster;
  compare.value(`${entry.file} size`, [width, height], [entry.width, entry.height]);
  compare.within(entry.tensor, channelsOf(raster, 3), entry.tolerance);
  if (entry.rgba) compare.within(entry.rgba, channelsOf(raster, 4), entry.tolerance);
  const grey = entry.tensor.replace(/rgb$/, 'gray16');
  if (compare.expects(grey)) compare.tensor(grey, raster.data);
}

/** @throws what is no refusal */
function unlessRefused<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof MediaError) return undefined;
    throw error;
  }
}

/** Stored channels as 8-bit RGB or RGBA; nothing is composited. */
function channelsOf({ width, height, channels, data }: Raster<Uint8Array | Uint16Array>, wanted: 3 | 4): Uint8Array {
  const shift = data instanceof Uint16Array ? 8 : 0;
  const result = new Uint8Array(width * height * wanted);
  for (let i = 0; i < result.length; i++) {
    const [pixel, channel] = [Math.floor(i / wanted), i % wanted];
    const stored = channel < 3 ? (channels < 3 ? 0 : channel) : channels - 1;
    const opaque = channel === 3 && channels % 2 === 1;
    result[i] = opaque ? 255 : data[pixel * channels + stored]! >> shift;
  }
  return result;
}
