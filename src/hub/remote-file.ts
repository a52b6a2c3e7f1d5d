import { DownloadError } from '../errors.js';
import type { Answer, FileFacts, Range } from './answer.js';
import { ask, type Body } from './request.js';
import { realSleep, type Sleep, withRetries } from './retries.js';

/** Where a file is. */
export interface RemoteLocation {
  /** What errors call it. */
  readonly name: string;
  readonly url: URL;
  /** Its address at the commit that its revision stood for when it was opened, so that it cannot change while it is read. */
  readonly at?: (commit: string) => URL;
  /** Where a cache keeps it, relative to its folder. */
  readonly slot: string;
  /** Whether what the address names never changes. */
  readonly immutable: boolean;
}

/** How far the reading of a file is. */
export interface DownloadProgress {
  /** What errors call the file. */
  readonly file: string;
  /** Bytes that have come from its server since it was opened. */
  readonly received: number;
  /** Bytes of the whole file, of which only what is needed will be fetched. */
  readonly size: number;
}

/** How files are fetched. */
export interface RemoteOptions {
  /** A token of the Hub, for repositories that need one. */
  readonly token?: string | undefined;
  /** Seconds without a byte after which a server is given up; 30 if absent. */
  readonly patience?: number | undefined;
  /** Called as bytes arrive. */
  readonly onDownload?: ((progress: DownloadProgress) => void) | undefined;
  /** How to wait before another attempt; with the system's timer if absent. */
  readonly sleep?: Sleep | undefined;
}

/** What is known of an open file. */
export type KnownFacts = FileFacts & { readonly size: number };

/** The most bytes of a file that are taken at once, from a server that gives all or nothing. */
const WHOLE_LIMIT = 2 ** 28;
const PATIENCE = 30;

/** A file on a server, read by range. Broken connections are taken up where they broke. */
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
   * @param sink given each part and where in the file it begins
   * @throws DownloadError  if the file has changed, or the server refuses, lies, or cannot be reached
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
      await ask(address, { start: at, end }, this.#request(signal), async (answer, body) => {
        this.#check(answer);
        for await (const bytes of body) {
          await sink(bytes, at);
          at += bytes.length;
          this.received(bytes.length);
        }
      });
    };
    if (end > size) throw new DownloadError(`${name} has ${size} bytes; up to ${end} were asked for`);
    await withRetries(attempt, { name, signal, sleep: this.#options.sleep ?? realSleep, received: () => at });
  }

  /** Counts bytes that came. */
  received(count: number): void {
    this.#received += count;
    const { onDownload } = this.#options;
    onDownload?.({ file: this.#location.name, received: this.#received, size: this.facts.size });
  }

  #request(signal: AbortSignal | undefined) {
    const { token, patience = PATIENCE } = this.#options;
    return { name: this.#location.name, token, patience, signal };
  }

  #check({ size, validator, whole }: Answer): void {
    const { name } = this.#location;
    const { facts } = this;
    if ((size !== undefined && size !== facts.size) || validator !== facts.validator) {
      throw new DownloadError(`${name} changed on the server while it was being read; load it again`);
    }
    if (whole) throw new DownloadError(`cannot fetch ${name}: a part was asked for, and the server sent all of it`);
  }
}

/**
 * Asks a server for the beginning of a file, and thereby for its size and what tells it from other versions.
 *
 * @param length bytes of the beginning
 * @returns the file and its beginning, which is all of it where a server knows no ranges
 * @throws DownloadError  as {@link RemoteFile.stream} does; with status 404 if there is no such file
 * @throws CancelledError when the signal fires
 */
export async function openRemote(
  location: RemoteLocation,
  options: RemoteOptions,
  length: number,
  signal?: AbortSignal,
): Promise<{ file: RemoteFile; beginning: Uint8Array }> {
  const { name, url } = location;
  const { token, patience = PATIENCE, sleep = realSleep } = options;
  const attempt = () =>
    ask(url, { start: 0, end: length }, { name, token, patience, signal }, async (answer, body) => {
      const beginning = await collect(body, answer, name);
      return { answer, beginning };
    });
  const { answer, beginning } = await withRetries(attempt, { name, sleep, signal, received: () => 0 });
  const file = new RemoteFile(location, { ...answer, size: answer.size ?? beginning.length }, options);
  file.received(beginning.length);
  return { file, beginning };
}

async function collect(body: Body, { end, size }: Answer, name: string): Promise<Uint8Array> {
  const tooLarge = () =>
    new DownloadError(
      `cannot fetch ${name}: its server gives no parts of files, and ${size ?? `more than ${WHOLE_LIMIT}`} bytes are too ` +
        'many to take at once; download it and name the file',
    );
  if (end !== undefined && end > WHOLE_LIMIT) throw tooLarge();
  const parts: Uint8Array[] = [];
  let count = 0;
  for await (const part of body) {
    parts.push(part);
    count += part.length;
    if (count > WHOLE_LIMIT) throw tooLarge();
  }
  const bytes = new Uint8Array(count);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
