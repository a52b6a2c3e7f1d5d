import { MediaError } from '../../errors.js';
import { checkSize } from '../limits.js';
import type { Chunk } from './chunks.js';
import { DEPTHS, SAMPLES } from './format.js';

/** IHDR. */
export interface Header {
  readonly width: number;
  readonly height: number;
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  readonly colourType: number;
  readonly samples: number;
  readonly isInterlaced: boolean;
}

/** Reads and checks IHDR. @throws MediaError */
export function readHeader({ type, data }: Chunk): Header {
  if (type !== 'IHDR' || data.length !== 13) throw new MediaError('damaged PNG: it does not begin with IHDR');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colourType, compression, filter, interlace] = data.subarray(8) as unknown as number[];
  checkSize('PNG', width, height);
  if (!DEPTHS[colourType!]?.includes(depth!)) {
    throw new MediaError(`damaged PNG: colour type ${colourType} with ${depth} bits a sample does not exist`);
  }
  if (compression !== 0 || filter !== 0 || interlace! > 1) {
    throw new MediaError(
      `damaged PNG: compression ${compression}, filter ${filter} and interlace method ${interlace} (expected 0, 0 and 0 or 1)`,
    );
  }
  return {
    width,
    height,
    depth: depth!,
    colourType: colourType!,
    samples: SAMPLES[colourType!]!,
    isInterlaced: interlace === 1,
  };
}

/** A reduced image of an interlaced picture, or the whole of another: where its pixels are, and the size of its rows. */
export interface Pass {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly width: number;
  readonly height: number;
  /** Bytes of a row, without its filter type. */
  readonly rowBytes: number;
}

/** Adam7: first column and row, and the distance between two, of each pass (section 8.1). */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The passes in the order in which they are stored; empty ones are left out. */
export function passesOf({ width, height, depth, samples, isInterlaced }: Header): Pass[] {
  return (isInterlaced ? ADAM7 : ([[0, 0, 1, 1]] as const))
    .map(([x, y, stepX, stepY]) => {
      const passWidth = Math.max(0, Math.ceil((width - x) / stepX));
      const passHeight = Math.max(0, Math.ceil((height - y) / stepY));
      const rowBytes = Math.ceil((passWidth * samples * depth) / 8);
      return { x, y, stepX, stepY, width: passWidth, height: passHeight, rowBytes };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);
}
