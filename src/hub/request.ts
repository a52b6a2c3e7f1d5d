import { CancelledError, DownloadError } from '../errors.js';
import { type Answer, parseAnswer, type Range } from './answer.js';
import { type Followed, follow } from './redirects.js';
import { Watchdog } from './watchdog.js';

/** A failure that another attempt may not meet. */
export class PassingFailure extends Error {
  /** Seconds that the server asks to wait. */
  readonly wait: number | undefined;
  constructor(problem: string, wait?: number) {
    super(problem);
    this.wait = wait;
  }
}

/** How requests are made. */
export interface RequestOptions {
  /** What errors call the file. */
  readonly name: string;
  /** Sent to the first server alone, never to one that it redirects to. */
  readonly token?: string | undefined;
  /** Seconds without a byte after which a server is given up. */
  readonly patience: number;
  readonly signal?: AbortSignal | undefined;
}

/** The rest of an answer: its bytes, as they come. */
export type Body = AsyncGenerator<Uint8Array, void>;

/**
 * One request for a part of a file, redirects included.
 *
 * @param use is given what the server says and the body; the request ends with it, read to the end or not
 * @throws PassingFailure for what may be better next time: no connection, silence, a broken connection, an overloaded server
 * @throws DownloadError  for what will not: refusals, nonsense, more bytes than were asked for
 * @throws CancelledError when the signal fires
 */
export async function ask<T>(
  url: URL,
  range: Range,
  options: RequestOptions,
  use: (answer: Answer, body: Body) => Promise<T>,
): Promise<T> {
  const watchdog = new Watchdog(options.patience, options.signal);
  try {
    const followed = await follow(url, (at, redirect, first) =>
      network(watchdog, options, () => fetch(at, requestInit(range, redirect, first, options, watchdog))),
    );
    checkStatus(followed, options.name);
    const answer = parseAnswer(followed, range, options.name);
    return await use(answer, bodyOf(followed.response, answer, watchdog, options));
  } finally {
    watchdog.dismiss();
  }
}

function requestInit(
  { start, end }: Range,
  redirect: 'manual' | 'follow',
  first: boolean,
  { token }: RequestOptions,
  { signal }: Watchdog,
): RequestInit {
  const headers: Record<string, string> = { range: `bytes=${start}-${end - 1}`, 'accept-encoding': 'identity' };
  if (first && token) headers.authorization = `Bearer ${token}`;
  return { headers, redirect, signal };
}

/** Runs a step of a request and says why it failed. */
async function network<T>(watchdog: Watchdog, { name, signal, patience }: RequestOptions, step: () => Promise<T>) {
  watchdog.feed();
  try {
    return await step();
  } catch (error) {
    if (signal?.aborted) throw new CancelledError(`fetching ${name}`);
    if (watchdog.barked) throw new PassingFailure(`nothing came for ${patience} s`);
    throw new PassingFailure(reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') {
    return `the connection failed (${cause.code})`;
  }
  return `the connection failed (${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)})`;
}

async function* bodyOf(response: Response, answer: Answer, watchdog: Watchdog, options: RequestOptions): Body {
  const expected = answer.end === undefined ? undefined : answer.end - answer.start;
  const reader = response.body?.getReader();
  let count = 0;
  for (;;) {
    const part = await network(watchdog, options, async () => reader?.read());
    if (!part || part.done) break;
    count += part.value.length;
    if (expected !== undefined && count > expected) {
      throw new DownloadError(`cannot fetch ${options.name}: more than the ${expected} bytes that were announced came`);
    }
    yield part.value;
  }
  if (expected !== undefined && count < expected) {
    throw new PassingFailure(`the connection ended after ${count} of ${expected} bytes`);
  }
}

function checkStatus({ response }: Followed, name: string): void {
  const { status, headers } = response;
  if (status === 200 || status === 206) {
    const isPage = /^text\/html\b/i.test(headers.get('content-type') ?? '');
    if (isPage) throw new DownloadError(`cannot fetch ${name}: the server answered with a web page`, status);
    return;
  }
  if (status === 429 || status === 408 || status >= 500) {
    throw new PassingFailure(`the server answered ${status}`, retryAfter(headers));
  }
  throw new DownloadError(`cannot fetch ${name}: ${refusal(status, headers.get('x-error-code'))}`, status);
}

/** What a status means on the Hub, which hides repositories that one may not see. */
function refusal(status: number, code: string | null): string {
  switch (code) {
    case 'GatedRepo':
      return 'its owner wants to be asked for access first: ask on its page, then give your token in HF_TOKEN';
    case 'RevisionNotFound':
      return 'the repository has no such revision';
    case 'EntryNotFound':
      return 'the repository has no such file';
  }
  if (status === 401 || code === 'RepoNotFound') {
    return 'there is no such repository, or it is private and needs your token in HF_TOKEN';
  }
  return `the server answered ${status}`;
}

/** Seconds to wait: given as such, or as a date, which is compared with the server's own clock. */
function retryAfter(headers: Headers): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const seconds = (Date.parse(text) - Date.parse(headers.get('date') ?? '')) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}
