/** A writer of PNG files of every kind, slow and plain: what the decoder is held against. */
import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';

export interface PngKind {
  readonly width: number;
  readonly height: number;
  readonly colourType: number;
  readonly depth: number;
  readonly isInterlaced: boolean;
  /** The filter of each row, taken in turn. */
  readonly filters: readonly number[];
  /** Bytes of an IDAT chunk. */
  readonly pieceSize: number;
  readonly palette?: Uint8Array;
  readonly transparency?: Uint8Array;
}

const SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEPTHS: Record<number, number[]> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };

export const samplesOf = ({ colourType }: Pick<PngKind, 'colourType'>) => SAMPLES[colourType]!;

function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** The file of those samples, width × height × samples, each below 2^depth. */
export function pngFile(kind: PngKind, samples: ArrayLike<number>, level = 6): Buffer {
  return pngFileOf(kind, deflateSync(rowsOf(kind, samples), { level }));
}

/** The file of a compressed stream, whatever that holds. */
export function pngFileOf(kind: PngKind, packed: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(kind.width, 0);
  header.writeUInt32BE(kind.height, 4);
  header.set([kind.depth, kind.colourType, 0, 0, kind.isInterlaced ? 1 : 0], 8);
  const pieces: Buffer[] = [];
  for (let at = 0; at < packed.length; at += kind.pieceSize) {
    pieces.push(pngChunk('IDAT', packed.subarray(at, at + kind.pieceSize)));
  }
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    ...(kind.palette ? [pngChunk('PLTE', kind.palette)] : []),
    ...(kind.transparency ? [pngChunk('tRNS', kind.transparency)] : []),
    ...pieces,
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The bytes before compression: the rows of each pass, filtered. */
function rowsOf(kind: PngKind, samples: ArrayLike<number>): Buffer {
  const { width, height, depth, isInterlaced, filters } = kind;
  const count = samplesOf(kind);
  const pixelBytes = Math.max(1, (count * depth) / 8);
  // The pass of each pixel of an 8 × 8 square, as the specification prints it.
  const adam7 = [
    [1, 6, 4, 6, 2, 6, 4, 6],
    [7, 7, 7, 7, 7, 7, 7, 7],
    [5, 6, 5, 6, 5, 6, 5, 6],
    [7, 7, 7, 7, 7, 7, 7, 7],
    [3, 6, 4, 6, 3, 6, 4, 6],
    [7, 7, 7, 7, 7, 7, 7, 7],
    [5, 6, 5, 6, 5, 6, 5, 6],
    [7, 7, 7, 7, 7, 7, 7, 7],
  ];
  const rows: number[] = [];
  let rowCount = 0;
  for (const pass of isInterlaced ? [1, 2, 3, 4, 5, 6, 7] : [0]) {
    let above: number[] = [];
    for (let y = 0; y < height; y++) {
      const bits: number[] = [];
      for (let x = 0; x < width; x++) {
        if (pass !== 0 && adam7[y % 8]![x % 8] !== pass) continue;
        for (let c = 0; c < count; c++) {
          const sample = samples[(y * width + x) * count + c]!;
          for (let bit = depth - 1; bit >= 0; bit--) bits.push((sample >> bit) & 1);
        }
      }
      if (bits.length === 0) continue;
      while (bits.length % 8 > 0) bits.push(0);
      const row = Array.from({ length: bits.length / 8 }, (_, i) =>
        bits.slice(8 * i, 8 * i + 8).reduce((byte, bit) => byte * 2 + bit, 0),
      );
      const filter = filters[rowCount++ % filters.length]!;
      rows.push(filter, ...row.map((byte, i) => (byte - predicted(filter, row, above, i, pixelBytes)) & 255));
      above = row;
    }
  }
  return Buffer.from(rows);
}

function predicted(filter: number, row: number[], above: number[], i: number, pixelBytes: number): number {
  const [a, b, c] = [row[i - pixelBytes] ?? 0, above[i] ?? 0, above[i - pixelBytes] ?? 0];
  const nearest = [a, b, c].reduce((best, value) =>
    Math.abs(a + b - c - value) < Math.abs(a + b - c - best) ? value : best,
  );
  return [0, a, b, Math.floor((a + b) / 2), nearest][filter]!;
}

/** Every legal kind of small PNG, with its samples. */
export const pngFiles = fc
  .record({
    type: fc.constantFrom(
      ...Object.entries(DEPTHS).flatMap(([type, depths]) => depths.map((depth) => [+type, depth] as const)),
    ),
    width: fc.integer({ min: 1, max: 19 }),
    height: fc.integer({ min: 1, max: 19 }),
    isInterlaced: fc.boolean(),
    filters: fc.array(fc.nat(4), { minLength: 1, maxLength: 5 }),
    pieceSize: fc.integer({ min: 1, max: 400 }),
    level: fc.constantFrom(0, 1, 9),
  })
  .chain(({ type: [colourType, depth], level, ...rest }) => {
    const count = rest.width * rest.height * samplesOf({ colourType });
    return fc
      .record({
        samples: fc.array(fc.nat(2 ** depth - 1), { minLength: count, maxLength: count }),
        palette: fc.uint8Array({ minLength: 3 * 2 ** Math.min(depth, 8), maxLength: 3 * 2 ** Math.min(depth, 8) }),
      })
      .map(({ samples, palette }) => {
        const kind: PngKind = { ...rest, colourType, depth, ...(colourType === 3 ? { palette } : {}) };
        return { kind, samples, file: new Uint8Array(pngFile(kind, samples, level)) };
      });
  });
