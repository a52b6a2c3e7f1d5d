import { CancelledError, DownloadError, throwIfCancelled } from '../errors.js';
import { bearer } from './authorization.js';
import { parseResponse, type Range, type RangeResponse } from './range-response.js';
import { redactedText } from './redact.js';
import { type Followed, follow } from './redirects.js';
import { Watchdog } from './watchdog.js';
import { WebPageError } from './web-page.js';

/** Default seconds without a byte before a connection is aborted. */
const TIMEOUT = 30;

/** A failure that may be temporary. */
export class TransientError extends Error {
  /** Seconds to wait that the server requests. */
  readonly wait: number | undefined;
  constructor(problem: string, wait?: number) {
    super(problem);
    this.wait = wait;
  }
}

/** Options of a request. */
export interface RequestOptions {
  /** The file in error messages. */
  readonly name: string;
  /** Whether the server is a Hub, which has its own error codes. */
  readonly isHub?: boolean | undefined;
  /** A token of the Hub. Sent only to the first server, never to redirect targets; so is `authorization`. */
  readonly token?: string | undefined;
  /** The header `Authorization`, if there is no token. */
  readonly authorization?: string | undefined;
  /** Seconds without a byte before a connection is aborted; 30 if absent. */
  readonly timeout?: number | undefined;
  /** Used for requests instead of the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The body of a response, as it arrives. */
export type Body = AsyncGenerator<Uint8Array, void>;

/**
 * One request for a part of a file, redirects included.
 *
 * @param range undefined for the whole file
 * @param use   called with the headers and the body; the request ends when it returns, even if the body was not read completely
 * @throws TransientError for failures that may be temporary: no connection, no bytes, a broken connection, an overloaded server
 * @throws DownloadError  for permanent failures: refusals, contradictions, more bytes than requested
 * @throws CancelledError when the signal fires
 */
export async function sendRequest<T>(
  url: URL,
  range: Range | undefined,
  options: RequestOptions,
  use: (response: RangeResponse, body: Body) => Promise<T>,
): Promise<T> {
  const { name, signal, timeout = TIMEOUT, fetch = globalThis.fetch } = options;
  throwIfCancelled(signal, `fetching ${name}`);
  if (fetch === globalThis.fetch) checkAddressSpace(name);
  const watchdog = new Watchdog(timeout, signal);
  try {
    const followed = await follow(url, name, (at, redirect, first) => {
      const init = requestInit(range, redirect, first, options, watchdog);
      return network(watchdog, options, () => fetch(at, init));
    });
    checkStatus(followed, options);
    const parsed = parseResponse(followed, range, name);
    return await use(parsed, bodyOf(followed.response, parsed, watchdog, options));
  } finally {
    watchdog.stop();
  }
}

/**
 * Node's `fetch` parses HTTP with a WebAssembly module, and ends the process if the address space is too small for it.
 *
 * @throws DownloadError
 */
function checkAddressSpace(name: string): void {
  if (typeof process === 'undefined' || process.versions?.node === undefined) return;
  try {
    new WebAssembly.Memory({ initial: 1 });
  } catch {
    throw new DownloadError(
      `cannot fetch ${name}: Node's HTTP client needs some 10 GB of addresses; raise the limit of this process (ulimit -v)`,
    );
  }
}

function requestInit(
  range: Range | undefined,
  redirect: 'manual' | 'follow',
  first: boolean,
  { token, authorization }: RequestOptions,
  { signal }: Watchdog,
): RequestInit {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (range) headers.range = `bytes=${range.start}-${range.end - 1}`;
  const credentials = token ? bearer(token) : authorization;
  if (first && credentials) headers.authorization = credentials;
  return { headers, redirect, signal };
}

/** Runs a step of a request. Aborts it when the signal fires or after a timeout, and converts its errors. */
async function network<T>(watchdog: Watchdog, options: RequestOptions, step: () => Promise<T>): Promise<T> {
  const { name, signal, token, timeout = TIMEOUT } = options;
  watchdog.restart();
  try {
    return await watchdog.race(step());
  } catch (error) {
    if (signal?.aborted) throw new CancelledError(`fetching ${name}`);
    if (watchdog.timedOut) throw new TransientError(`nothing arrived for ${timeout} s`);
    const problem = `the connection failed (${redactedText(reasonOf(error), [token])})`;
    if (isPermanent(error)) throw new DownloadError(`cannot fetch ${name}: ${problem}`);
    throw new TransientError(problem);
  }
}

function reasonOf(error: unknown): string {
  const cause = causeOf(error);
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
}

/** Permanent failures of Node's `fetch`: certificates, and blocked ports and schemes. */
function isPermanent(error: unknown): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|^bad port$|^unknown scheme$/.test(reasonOf(error));
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}

async function* bodyOf(response: Response, parsed: RangeResponse, watchdog: Watchdog, options: RequestOptions): Body {
  const expected = parsed.end === undefined ? undefined : parsed.end - parsed.start;
  const reader = response.body?.getReader();
  let count = 0;
  for (;;) {
    const part = await network(watchdog, options, async () => reader?.read());
    if (!part || part.done) break;
    count += part.value.length;
    if (expected !== undefined && count > expected) {
      throw new DownloadError(`cannot fetch ${options.name}: more than the ${expected} announced bytes arrived`);
    }
    yield part.value;
  }
  if (expected !== undefined && count < expected) {
    throw new TransientError(`the connection ended after ${count} of ${expected} bytes`);
  }
}

function checkStatus({ response }: Followed, { name, isHub }: RequestOptions): void {
  const { status, headers } = response;
  if (status === 200 || status === 206) {
    if (/^(text\/html|application\/xhtml)\b/i.test(headers.get('content-type') ?? '')) throw new WebPageError(name);
    return;
  }
  if (status === 429 || status === 408 || status >= 500) {
    throw new TransientError(`the server responded with ${status}`, retryAfter(headers));
  }
  const problem = isHub ? refusal(status, headers.get('x-error-code')) : `the server responded with ${status}`;
  throw new DownloadError(`cannot fetch ${name}: ${problem}`, status);
}

/** The meaning of a status on the Hub, which responds with 401 for unknown repositories. */
function refusal(status: number, code: string | null): string {
  switch (code) {
    case 'GatedRepo':
      return 'access to it must be requested on its page first; then give your token in HF_TOKEN';
    case 'RevisionNotFound':
      return 'the repository has no such revision';
    case 'EntryNotFound':
      return 'the repository has no such file';
  }
  if (status === 401 || code === 'RepoNotFound') {
    return 'there is no such repository, or it is private and needs your token in HF_TOKEN';
  }
  return `the server responded with ${status}`;
}

/** Seconds to wait, from a number, or from a date compared with the server's clock. */
function retryAfter(headers: Headers): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const seconds = (Date.parse(text) - Date.parse(headers.get('date') ?? '')) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}
