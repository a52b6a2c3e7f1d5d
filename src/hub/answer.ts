import { DownloadError } from '../errors.js';
import type { Followed } from './redirects.js';

/** What a server says of a file. */
export interface FileFacts {
  /** Bytes in all; unknown where a server sends the whole file without saying how long it is. */
  readonly size: number | undefined;
  /** Changes when the file does: its entity tag, or when it was last modified. */
  readonly validator: string | undefined;
  /** In hexadecimal digits, where the Hub names it: for all large files. */
  readonly sha256: string | undefined;
  /** The commit that the revision stands for. */
  readonly commit: string | undefined;
}

/** Bytes [start, end) of a file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What came back for a range. */
export interface Answer extends FileFacts {
  /** What the body holds: the range asked for, less if the file ends before it, or the whole file (`end` unknown). */
  readonly start: number;
  readonly end: number | undefined;
  /** Whether the server has ignored that a range was asked for. */
  readonly whole: boolean;
}

/**
 * Reads the headers of a response of status 200 or 206, and believes none that contradict each other.
 *
 * @param asked undefined if the whole file was
 * @throws DownloadError naming what is wrong
 */
export function parseAnswer({ response, onTheWay }: Followed, asked: Range, name: string): Answer {
  const fail = (problem: string) => new DownloadError(`cannot fetch ${name}: ${problem}`, response.status);
  const header = (key: string) =>
    [...onTheWay, response.headers].map((h) => h.get(key)).find((value) => value !== null);
  const linkedTag = unquoted(header('x-linked-etag'));
  const validator = linkedTag ?? unquoted(header('etag')) ?? response.headers.get('last-modified') ?? undefined;
  const facts = {
    validator,
    sha256: linkedTag !== undefined && /^[0-9a-f]{64}$/.test(linkedTag) ? linkedTag : undefined,
    commit: header('x-repo-commit') ?? undefined,
  };
  const linkedSize = wholeNumber(header('x-linked-size'));
  const encoded = (response.headers.get('content-encoding') ?? 'identity') !== 'identity';
  if (response.status === 200) {
    const length = encoded ? undefined : wholeNumber(response.headers.get('content-length'));
    if (linkedSize !== undefined && length !== undefined && length !== linkedSize) {
      throw fail(`the Hub names ${linkedSize} bytes, and ${length} are on offer`);
    }
    const size = linkedSize ?? length;
    return { ...facts, size, start: 0, end: size, whole: true };
  }
  if (encoded) throw fail(`a part of it comes encoded as ${response.headers.get('content-encoding')}`);
  const text = response.headers.get('content-range') ?? '';
  const [, start, last, size] = (/^bytes (\d+)-(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  const end = Math.min(asked.end, size ?? 0);
  if (start !== asked.start || last !== end - 1 || size === undefined) {
    throw fail(`bytes ${asked.start}-${asked.end - 1} were asked for, and "${text.slice(0, 100)}" was answered`);
  }
  if (linkedSize !== undefined && size !== linkedSize) {
    throw fail(`the Hub names ${linkedSize} bytes, and the server that has the file ${size}`);
  }
  return { ...facts, size, start, end, whole: false };
}

/** An entity tag without quotes, and without the mark of a weak one. */
function unquoted(tag: string | null | undefined): string | undefined {
  return tag?.replace(/^W\//, '').replaceAll('"', '') || undefined;
}

function wholeNumber(text: string | null | undefined): number | undefined {
  return text && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
