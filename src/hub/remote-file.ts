import { DownloadError } from '../errors.js';
import { type FileFacts, HiddenRange, type Range, type RangeResponse } from './range-response.js';
import { type Body, type RequestOptions, sendRequest, TransientError } from './request.js';
import { realSleep, type Sleep, withRetries } from './retries.js';
import { checkNoPage } from './web-page.js';

/** Location of a file. */
export interface RemoteLocation {
  /** The file in error messages and progress; without secrets. */
  readonly name: string;
  /** Without credentials. */
  readonly url: URL;
  /** The credentials of the address, as the header `Authorization`. */
  readonly authorization?: string | undefined;
  /** Its address at a commit, so that the file cannot change while it is read. */
  readonly at?: (commit: string) => URL;
  /** Key of the file in a cache. */
  readonly slot: string;
  /** Whether the file at this address never changes. */
  readonly immutable: boolean;
}

/** Progress of a download. */
export interface DownloadProgress {
  /** The file's name or address, without secrets. */
  readonly file: string;
  /** Bytes received from its server since it was opened. */
  readonly received: number;
  /** Bytes of the whole file; only the needed parts are fetched. */
  readonly size: number;
}

/** Options for fetching files. */
export interface RemoteOptions {
  /** A token of the Hub, for repositories that need one. */
  readonly token?: string | undefined;
  /** Used for requests instead of the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  /** Seconds without a byte before a connection is aborted; 30 if absent. */
  readonly timeout?: number | undefined;
  /** Called as bytes arrive. */
  readonly onDownload?: ((progress: DownloadProgress) => void) | undefined;
  /** Waits before another attempt; uses the system's timer if absent. */
  readonly sleep?: Sleep | undefined;
}

/** Facts about an open file. */
export type KnownFacts = FileFacts & { readonly size: number };

/** Maximum size of a file from a server that does not support ranges. */
const MAX_WHOLE_BYTES = 2 ** 28;

/** A file on a server, read by range. A broken connection is resumed at the byte where it broke. */
export class RemoteFile {
  readonly facts: KnownFacts;
  readonly #location: RemoteLocation;
  readonly #options: RemoteOptions;
  #received = 0;

  constructor(location: RemoteLocation, facts: KnownFacts, options: RemoteOptions) {
    this.#location = location;
    this.facts = facts;
    this.#options = options;
  }

  /**
   * Fetches bytes [start, end) in order.
   *
   * @param sink called with each part and its offset in the file
   * @throws DownloadError  if the file has changed, or the server refuses, contradicts itself, or cannot be reached
   * @throws CancelledError when the signal fires
   */
  async stream(
    { start, end }: Range,
    sink: (bytes: Uint8Array, at: number) => Promise<void> | void,
    signal?: AbortSignal,
  ): Promise<void> {
    const { name, url, at: addressAt } = this.#location;
    const { commit, size } = this.facts;
    const address = (commit === undefined ? undefined : addressAt?.(commit)) ?? url;
    let at = start;
    const attempt = async () => {
      if (at === end) return;
      await sendRequest(
        address,
        { start: at, end },
        requestOptions(this.#location, this.#options, signal),
        async (response, body) => {
          this.#check(response, end);
          for await (const bytes of rangeOf(body, response, { start: at, end })) {
            await sink(bytes, at);
            at += bytes.length;
            this.received(bytes.length);
          }
        },
      );
    };
    if (end > size) throw new DownloadError(`${name} has ${size} bytes; up to ${end} were requested`);
    await withRetries(attempt, { name, signal, sleep: this.#options.sleep ?? realSleep, received: () => at });
  }

  /** Counts bytes that arrived. */
  received(count: number): void {
    this.#received += count;
    const { onDownload } = this.#options;
    onDownload?.({ file: this.#location.name, received: this.#received, size: this.facts.size });
  }

  #check({ size, validator, whole }: RangeResponse, end: number): void {
    const { name } = this.#location;
    const { facts } = this;
    if ((size !== undefined && size !== facts.size) || validator !== facts.validator) {
      throw new DownloadError(`${name} changed on the server while it was being read; load it again`);
    }
    if (whole && end > MAX_WHOLE_BYTES) {
      throw new DownloadError(`cannot fetch ${name}: a part was requested, and the server sends all of it`);
    }
  }
}

/**
 * Requests a range of a file, which also gives its size and version.
 *
 * @returns the file, and the bytes of the range from `start` on: fewer if the file ends before, all of the file (`start` 0) if
 *          the server does not send parts
 * @throws DownloadError  as {@link RemoteFile.stream} does; with status 404 if there is no such file
 * @throws CancelledError when the signal fires
 */
export async function openRemote(
  location: RemoteLocation,
  options: RemoteOptions,
  range: Range,
  signal?: AbortSignal,
): Promise<{ file: RemoteFile; start: number; bytes: Uint8Array }> {
  const { name, url } = location;
  const request = requestOptions(location, options, signal);
  const attempt = async () => {
    const take = async (response: RangeResponse, body: Body) => ({
      response,
      bytes: await collect(body, response, name),
    });
    try {
      return await sendRequest(url, range, request, take);
    } catch (error) {
      if (!(error instanceof HiddenRange)) throw error;
      return await sendRequest(url, undefined, request, take);
    }
  };
  const { sleep = realSleep } = options;
  const { response, bytes } = await withRetries(attempt, { name, sleep, signal, received: () => 0 });
  if (response.start === 0) checkNoPage(bytes, name);
  const file = new RemoteFile(location, { ...response, size: response.size ?? bytes.length }, options);
  file.received(bytes.length);
  if (response.end === undefined || response.start + bytes.length === response.end) {
    return { file, start: response.start, bytes };
  }
  const all = new Uint8Array(response.end - response.start);
  all.set(bytes);
  const rest = { start: response.start + bytes.length, end: response.end };
  await file.stream(rest, (part, at) => all.set(part, at - response.start), signal);
  return { file, start: response.start, bytes: all };
}

function requestOptions(
  { name, authorization, at }: RemoteLocation,
  { token, timeout, fetch }: RemoteOptions,
  signal: AbortSignal | undefined,
): RequestOptions {
  return { name, isHub: at !== undefined, token, authorization, timeout, fetch, signal };
}

/** The bytes of a range, from a body that holds it or the whole file. */
async function* rangeOf(body: Body, { start: from }: RangeResponse, { start, end }: Range): Body {
  let at = from;
  for await (const bytes of body) {
    const part = bytes.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += bytes.length;
    if (part.length > 0) yield part;
    if (at >= end) return;
  }
}

/** All bytes of a body; of a part whose connection broke those that arrived, if any. */
async function collect(body: Body, { end, size, whole }: RangeResponse, name: string): Promise<Uint8Array> {
  const tooLarge = () =>
    new DownloadError(
      `cannot fetch ${name}: ${size ?? `more than ${MAX_WHOLE_BYTES}`} bytes are too many to take at once, and its server sends ` +
        'no parts (or does not expose Content-Range to this page: Access-Control-Expose-Headers); download it and name the file',
    );
  if (end !== undefined && end > MAX_WHOLE_BYTES && whole) throw tooLarge();
  const parts: Uint8Array[] = [];
  let count = 0;
  try {
    for await (const part of body) {
      parts.push(part);
      count += part.length;
      if (count > MAX_WHOLE_BYTES) throw tooLarge();
    }
  } catch (error) {
    if (!(error instanceof TransientError) || whole || count === 0) throw error;
  }
  const bytes = new Uint8Array(count);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
