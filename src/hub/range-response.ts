import { DownloadError } from '../errors.js';
import type { Followed } from './redirects.js';

/** Facts about a file from a server's headers. */
export interface FileFacts {
  /** Size of the file; undefined if a server sends the whole file without its length. */
  readonly size: number | undefined;
  /** Identifies the version of the file: its entity tag or modification date. */
  readonly validator: string | undefined;
  /** Hexadecimal digits; the Hub sends it for all large files. */
  readonly sha256: string | undefined;
  /** The commit of the revision. */
  readonly commit: string | undefined;
}

/** Bytes [start, end) of a file. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The headers of a response to a request for a range. */
export interface RangeResponse extends FileFacts {
  /** The range in the body: the requested range, less if the file ends before it, or the whole file (`end` unknown). */
  readonly start: number;
  readonly end: number | undefined;
  /** Whether the server sends the whole file. */
  readonly whole: boolean;
}

/** Maximum size of a file: 400 times the largest published checkpoint. */
const MAX_SIZE = 2 ** 42;

/** The server does not expose `Content-Range` to pages of other origins, so that the range of its response is unknown. */
export class HiddenRange extends Error {}

/**
 * Reads the headers of a response of status 200 or 206, and rejects contradictions.
 *
 * @param requested undefined for the whole file
 * @throws DownloadError naming what is wrong
 * @throws HiddenRange   for a part without `Content-Range`
 */
export function parseResponse(
  { response, redirects }: Followed,
  requested: Range | undefined,
  name: string,
): RangeResponse {
  const fail = (problem: string) => new DownloadError(`cannot fetch ${name}: ${problem}`, response.status);
  const header = (key: string) =>
    [...redirects, response.headers].map((h) => h.get(key)).find((value) => value !== null);
  const size = (text: string | null | undefined) => {
    if (!text || !/^\d+$/.test(text)) return undefined;
    if (Number(text) <= MAX_SIZE) return Number(text);
    throw fail(`the server announces ${text.slice(0, 40)} bytes, more than any checkpoint has`);
  };
  const linkedTag = unquoted(header('x-linked-etag'));
  const validator = linkedTag ?? unquoted(header('etag')) ?? response.headers.get('last-modified') ?? undefined;
  const facts = {
    validator,
    sha256: linkedTag !== undefined && /^[0-9a-f]{64}$/.test(linkedTag) ? linkedTag : undefined,
    commit: header('x-repo-commit') ?? undefined,
  };
  const linkedSize = size(header('x-linked-size'));
  const encoded = (response.headers.get('content-encoding') ?? 'identity') !== 'identity';
  if (response.status === 200) {
    const length = encoded ? undefined : size(response.headers.get('content-length'));
    if (linkedSize !== undefined && length !== undefined && length !== linkedSize) {
      throw fail(`the Hub names ${linkedSize} bytes, and the server that stores the file sends ${length}`);
    }
    const all = linkedSize ?? length;
    return { ...facts, size: all, start: 0, end: all, whole: true };
  }
  if (!requested) throw fail('the whole file was requested, and a part of it was sent');
  if (encoded) throw fail(`a part of it is encoded as ${response.headers.get('content-encoding')}`);
  const text = response.headers.get('content-range');
  if (text === null) throw new HiddenRange();
  const [, start, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(text) ?? [];
  const actual = size(total);
  const end = Math.min(requested.end, actual ?? 0);
  if (Number(start) !== requested.start || Number(last) !== end - 1 || actual === undefined) {
    throw fail(`bytes ${requested.start}-${requested.end - 1} were requested, and "${text.slice(0, 100)}" was sent`);
  }
  if (linkedSize !== undefined && actual !== linkedSize) {
    throw fail(`the Hub names ${linkedSize} bytes, and the server that stores the file ${actual}`);
  }
  return { ...facts, size: actual, start: requested.start, end, whole: false };
}

/** An entity tag without quotes and without `W/`. */
function unquoted(tag: string | null | undefined): string | undefined {
  return tag?.replace(/^W\//, '').replaceAll('"', '') || undefined;
}
