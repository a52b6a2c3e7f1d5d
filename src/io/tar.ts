/**
 * Tar archives of small files in memory: as WebDataset shards are. POSIX ustar is written, with constant owners and times, so that
 * equal files give equal bytes; the long names of pax and GNU are read as well.
 */
import { InvalidInputError, MediaError } from '../errors.js';
import type { Bytes } from '../typed-arrays.js';

/** A file in an archive. */
export interface TarFile {
  /** With `/` between folders; at most 100 bytes in UTF-8, or 255 with folders. */
  readonly name: string;
  readonly content: Uint8Array;
}

const BLOCK = 512;
const NAME = { start: 0, length: 100 };
const SIZE = { start: 124, length: 12 };
const CHECKSUM = { start: 148, length: 8 };
const TYPE = 156;
const MAGIC = { start: 257, length: 6 };
const PREFIX = { start: 345, length: 155 };
const REGULAR = 0x30;
const FOLDER = 0x35;
/** Of pax: records for the next file, and for all that follow. */
const [PAX, PAX_GLOBAL] = [0x78, 0x67];
/** Of GNU: the name of the next file. */
const LONG_NAME = 0x4c;
const GZIP = [0x1f, 0x8b];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * An archive of regular files (mode 644, owner 0, time 0), with two blocks of zeros at its end.
 *
 * @throws InvalidInputError for a name that is too long
 */
export function writeTar(files: readonly TarFile[]): Bytes {
  const lengths = files.map(({ content }) => BLOCK + padded(content.length));
  const tar = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0) + 2 * BLOCK);
  let at = 0;
  files.forEach(({ name, content }, i) => {
    tar.set(header(name, content.length), at);
    tar.set(content, at + BLOCK);
    at += lengths[i]!;
  });
  return tar;
}

/**
 * The regular files of an archive, in its order.
 *
 * @throws MediaError if it is compressed, cut short or damaged, or has links or other special entries
 */
export function readTar(tar: Uint8Array): TarFile[] {
  if (GZIP.every((byte, i) => tar[i] === byte)) throw new MediaError('compressed by gzip; expected a plain tar');
  const files: TarFile[] = [];
  let longName: string | undefined;
  for (let at = 0; ; ) {
    if (at + BLOCK > tar.length)
      throw new MediaError(`truncated tar: it ends after ${files.length} files without an end mark`);
    const block = tar.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) return files;
    const stored = octal(block, CHECKSUM);
    if (stored !== checksum(block)) throw new MediaError(`damaged tar: wrong checksum of the header at byte ${at}`);
    const name = longName ?? nameIn(block);
    const size = octal(block, SIZE);
    const end = at + BLOCK + size;
    if (end > tar.length) throw new MediaError(`truncated tar: it ends inside ${name}`);
    const content = tar.subarray(at + BLOCK, end);
    at += BLOCK + padded(size);
    const type = block[TYPE]!;
    if (type === PAX) longName = paxPath(content, name) ?? longName;
    else if (type === LONG_NAME) longName = text(content, { start: 0, length: size });
    else if (type !== PAX_GLOBAL) {
      if (type === REGULAR || type === 0) files.push({ name, content });
      else if (type !== FOLDER) {
        throw new MediaError(
          `${name} in the tar is of type '${String.fromCharCode(type)}'; only regular files are supported`,
        );
      }
      longName = undefined;
    }
  }
}

function nameIn(block: Uint8Array): string {
  const prefix = isUstar(block) ? text(block, PREFIX) : '';
  return `${prefix && `${prefix}/`}${text(block, NAME)}`;
}

/** The name in records of pax, each `<length> <key>=<value>\n`. @throws MediaError for other records, and for a size */
function paxPath(records: Uint8Array, entry: string): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < records.length; ) {
    const [, digits, key] = /^(\d+) ([^=\n]+)=/.exec(decoder.decode(records.subarray(at, at + BLOCK))) ?? [];
    const end = at + Number(digits);
    if (!(end <= records.length) || records[end - 1] !== 0x0a) throw new MediaError(`damaged tar: records of ${entry}`);
    if (key === 'size') throw new MediaError(`${entry} in the tar has a size of pax; expected less than 8 GiB`);
    if (key === 'path') path = decoder.decode(records.subarray(at + `${digits} ${key}=`.length, end - 1));
    at = end;
  }
  return path;
}

function header(name: string, size: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (value: string, { start, length }: { start: number; length: number }) => {
    block.set(encoder.encode(value).subarray(0, length), start);
  };
  const [prefix, base] = splitName(name);
  put(base, NAME);
  put('0000644\0', { start: 100, length: 8 });
  put('0000000\0', { start: 108, length: 8 });
  put('0000000\0', { start: 116, length: 8 });
  put(`${size.toString(8).padStart(11, '0')}\0`, SIZE);
  put('00000000000\0', { start: 136, length: 12 });
  block[TYPE] = REGULAR;
  put('ustar\0', MAGIC);
  put('00', { start: 263, length: 2 });
  put(prefix, PREFIX);
  put(`${checksum(block).toString(8).padStart(6, '0')}\0 `, CHECKSUM);
  return block;
}

/** A name in two parts: folders that do not fit into the first field go into the second. */
function splitName(name: string): [prefix: string, base: string] {
  const fits = (part: string, { length }: { length: number }) => encoder.encode(part).length <= length;
  if (fits(name, NAME)) return ['', name];
  for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
    const [prefix, base] = [name.slice(0, slash), name.slice(slash + 1)];
    if (fits(prefix, PREFIX) && fits(base, NAME)) return [prefix, base];
  }
  throw new InvalidInputError(
    `the name ${name} is too long for a tar: at most 100 bytes, and 155 of folders before it`,
  );
}

/** The sum of the bytes, with blanks in place of the sum. */
function checksum(block: Uint8Array): number {
  const { start, length } = CHECKSUM;
  return block.reduce((sum, byte, i) => sum + (i >= start && i < start + length ? 0x20 : byte), 0);
}

function isUstar(block: Uint8Array): boolean {
  return text(block, MAGIC).startsWith('ustar');
}

function text(block: Uint8Array, { start, length }: { start: number; length: number }): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}

/** @throws MediaError for other text */
function octal(block: Uint8Array, field: { start: number; length: number }): number {
  const digits = text(block, field).trim();
  if (!/^[0-7]+$/.test(digits)) throw new MediaError(`damaged tar: '${digits}' is no octal number`);
  return Number.parseInt(digits, 8);
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}
