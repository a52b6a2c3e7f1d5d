import { MediaError } from '../../errors.js';
import type { Steps } from '../steps.js';
import { BitReader } from './bit-reader.js';
import {
  type Band,
  type BlockDecoder,
  firstAcBits,
  firstDcBits,
  nextAcBit,
  nextDcBit,
  type ScanComponent,
  sequentialBlocks,
} from './blocks.js';
import type { Frame } from './frame.js';
import { inverseDct } from './idct.js';
import type { Plane } from './planes.js';
import type { Progression } from './progression.js';
import type { Tables } from './tables.js';

/** A component of the scan with its plane. */
interface Member extends ScanComponent {
  readonly plane: Plane;
}

/** State of the file that a scan reads and writes. */
export interface ScanInput {
  readonly frame: Frame;
  readonly planes: Plane[];
  readonly tables: Tables;
  readonly progression: Progression;
  /** MCUs between two restart markers; 0 for none. */
  readonly restartInterval: number;
}

/**
 * Decodes one scan (T.81, sections B.2.3 and F.2 or G.2).
 *
 * @param header  the segment behind SOS
 * @param start   where the entropy-coded data begin
 * @returns       where to look for the next marker
 * @throws MediaError
 */
export function* decodeScan(bytes: Uint8Array, header: Uint8Array, start: number, input: ScanInput): Steps<number> {
  const { frame, progression, restartInterval } = input;
  const { members, band } = readScanHeader(header, input);
  progression.begin(
    members.map(({ plane }) => plane.component),
    band,
  );
  const bits = new BitReader(bytes, start);
  const end = { run: 0 };
  const decode = blockDecoder(bits, band, frame.isProgressive, end);
  const scratch = new Int16Array(64);
  const block = frame.isProgressive ? storeBlock(decode) : transformBlock(decode, scratch);

  const single = members.length === 1 ? members[0]! : undefined;
  const [wide, high] = single
    ? [single.plane.component.blocksWide, single.plane.component.blocksHigh]
    : [frame.mcusWide, frame.mcusHigh];
  const restart = (mcu: number) => {
    bits.restart((mcu / restartInterval - 1) % 8);
    end.run = 0;
    for (const member of members) member.prediction = 0;
  };
  for (let row = 0; row < high; row++) {
    for (let column = 0; column < wide; column++) {
      const mcu = row * wide + column;
      if (restartInterval > 0 && mcu > 0 && mcu % restartInterval === 0) restart(mcu);
      if (single) block(single, row, column);
      else {
        for (const member of members) {
          const { h, v } = member.plane.component;
          for (let i = 0; i < h * v; i++) block(member, row * v + Math.floor(i / h), column * h + (i % h));
        }
      }
    }
    yield;
  }
  return bits.position;
}

function readScanHeader(header: Uint8Array, input: ScanInput): { members: Member[]; band: Band } {
  const { frame, planes, tables } = input;
  const count = header[0] ?? 0;
  if (count < 1 || count > 4 || header.length < 4 + 2 * count) throw new MediaError('damaged JPEG: its scan header');
  const [first, last, bitsOf] = header.subarray(1 + 2 * count) as unknown as [number, number, number];
  const band = frame.isProgressive
    ? { first, last, high: bitsOf >> 4, low: bitsOf & 15 }
    : { first: 0, last: 63, high: 0, low: 0 };
  if (band.first > band.last || band.last > 63 || band.low > 13) {
    throw new MediaError(`damaged JPEG: a scan of the coefficients ${first} to ${last} from bit ${band.low} on`);
  }
  const members = Array.from({ length: count }, (_, i) => {
    const [id, tableIds] = header.subarray(1 + 2 * i) as unknown as [number, number];
    const plane = planes.find(({ component }) => component.id === id);
    if (!plane) throw new MediaError(`damaged JPEG: a scan of component ${id}, which the frame does not have`);
    plane.divisors ??= tables.quantisation[plane.component.tableId];
    if (!plane.divisors) throw new MediaError(`damaged JPEG: no quantisation table ${plane.component.tableId}`);
    const [dc, ac] = [tables.dc[tableIds >> 4], tables.ac[tableIds & 15]];
    const needsDc = band.first === 0 && band.high === 0;
    if ((needsDc && !dc) || (band.last > 0 && !ac)) {
      throw new MediaError(`damaged JPEG: no Huffman table for component ${id}`);
    }
    return { plane, dc, ac, prediction: 0 };
  });
  if (new Set(members.map(({ plane }) => plane)).size < count) {
    throw new MediaError('damaged JPEG: a scan names a component twice');
  }
  const mcuBlocks = members.reduce((total, { plane: { component } }) => total + component.h * component.v, 0);
  if (count > 1 && mcuBlocks > 10) throw new MediaError(`damaged JPEG: ${mcuBlocks} blocks in an MCU (at most 10)`);
  return { members, band };
}

function blockDecoder(bits: BitReader, band: Band, isProgressive: boolean, end: { run: number }): BlockDecoder {
  if (!isProgressive) return sequentialBlocks(bits);
  if (band.first === 0) return band.high === 0 ? firstDcBits(bits, band) : nextDcBit(bits, band);
  return band.high === 0 ? firstAcBits(bits, band, end) : nextAcBit(bits, band, end);
}

type BlockSink = (member: Member, row: number, column: number) => void;

function storeBlock(decode: BlockDecoder): BlockSink {
  return (member, row, column) => {
    const { coefficients, component } = member.plane;
    decode(coefficients!, (row * component.paddedWide + column) * 64, member);
  };
}

function transformBlock(decode: BlockDecoder, scratch: Int16Array): BlockSink {
  return (member, row, column) => {
    const { samples, stride, divisors } = member.plane;
    scratch.fill(0);
    decode(scratch, 0, member);
    inverseDct(scratch, 0, divisors!, samples, row * 8 * stride + column * 8, stride);
  };
}
