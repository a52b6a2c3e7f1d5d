import { MediaError } from '../../errors.js';
import { checkSize } from '../limits.js';

/** One component of a frame: luma, a chroma, or a colour channel. Blocks are 8 × 8 samples. */
export interface Component {
  readonly id: number;
  /** Sampling factors: blocks of this component in an MCU, across and down. */
  readonly h: number;
  readonly v: number;
  /** Number of the quantisation table. */
  readonly tableId: number;
  /** Samples that belong to the picture. */
  readonly width: number;
  readonly height: number;
  /** Blocks that hold them. */
  readonly blocksWide: number;
  readonly blocksHigh: number;
  /** Blocks in a row of whole MCUs, and such rows: what is allocated. */
  readonly paddedWide: number;
  readonly paddedHigh: number;
}

/** Contents of the frame header (SOF0, SOF1, SOF2). */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly isProgressive: boolean;
  readonly components: readonly Component[];
  /** The largest sampling factors. */
  readonly maxH: number;
  readonly maxV: number;
  /** MCUs across and down. */
  readonly mcusWide: number;
  readonly mcusHigh: number;
}

/**
 * Reads a frame header (ITU-T T.81, section B.2.2).
 *
 * @param marker  its second byte: 0xC0 to 0xCF
 * @throws MediaError if it is damaged, or announces a kind that is not supported
 */
export function readFrame(marker: number, segment: Uint8Array): Frame {
  if (marker > 0xc2) throw new MediaError('a lossless, hierarchical or arithmetic-coded JPEG is not supported');
  const count = segment[5] ?? 0;
  if (segment.length < 6 + 3 * count) throw new MediaError('damaged JPEG: its frame header is too short');
  if (segment[0] !== 8) throw new MediaError(`a JPEG with ${segment[0]} bits a sample is not supported`);
  const height = segment[1]! * 256 + segment[2]!;
  const width = segment[3]! * 256 + segment[4]!;
  checkSize('JPEG', width, height);
  if (![1, 3, 4].includes(count)) throw new MediaError(`a JPEG with ${count} components is not supported`);
  const factors = Array.from({ length: count }, (_, i) => {
    const [id, sampling, tableId] = segment.subarray(6 + 3 * i) as unknown as [number, number, number];
    const [h, v] = [sampling >> 4, sampling & 15];
    if (h < 1 || h > 4 || v < 1 || v > 4) throw new MediaError(`damaged JPEG: sampling factors ${h} × ${v} (1 to 4)`);
    return { id, h, v, tableId };
  });
  if (new Set(factors.map(({ id }) => id)).size < count)
    throw new MediaError('damaged JPEG: two components share an id');
  const [maxH, maxV] = [Math.max(...factors.map(({ h }) => h)), Math.max(...factors.map(({ v }) => v))];
  if (factors.some(({ h, v }) => maxH % h !== 0 || maxV % v !== 0)) {
    const ratios = factors.map(({ h, v }) => `${h}×${v}`).join(', ');
    throw new MediaError(`a JPEG with the sampling factors ${ratios} is not supported: the largest must be multiples`);
  }
  const [mcusWide, mcusHigh] = [Math.ceil(width / (8 * maxH)), Math.ceil(height / (8 * maxV))];
  const components = factors.map((factor) => {
    const own = { width: Math.ceil((width * factor.h) / maxH), height: Math.ceil((height * factor.v) / maxV) };
    return {
      ...factor,
      ...own,
      blocksWide: Math.ceil(own.width / 8),
      blocksHigh: Math.ceil(own.height / 8),
      paddedWide: mcusWide * factor.h,
      paddedHigh: mcusHigh * factor.v,
    };
  });
  return { width, height, isProgressive: marker === 0xc2, components, maxH, maxV, mcusWide, mcusHigh };
}
