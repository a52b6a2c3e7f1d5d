import { DownloadError } from '../errors.js';

/** How often a request may be sent elsewhere. */
const MAX_REDIRECTS = 10;

/** A response, and what the servers on the way to it said of the file. */
export interface Followed {
  readonly response: Response;
  /** The redirecting responses' headers, first one first. */
  readonly onTheWay: readonly Headers[];
}

/**
 * Follows redirects one by one, which `fetch` itself would do without a word: the Hub names a large file's checksum in the
 * redirect to the server that has it. A browser shows no redirects to scripts; there `fetch` follows them.
 *
 * @param send makes one request; the token must go to the first server alone
 * @throws DownloadError for loops, and for redirects to where no file is fetched from
 */
export async function follow(
  url: URL,
  send: (url: URL, redirect: 'manual' | 'follow', first: boolean) => Promise<Response>,
): Promise<Followed> {
  const onTheWay: Headers[] = [];
  let at = url;
  for (;;) {
    const response = await send(at, 'manual', at.origin === url.origin);
    if (response.type === 'opaqueredirect') return { response: await send(at, 'follow', true), onTheWay };
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return { response, onTheWay };
    await response.body?.cancel();
    onTheWay.push(response.headers);
    if (onTheWay.length > MAX_REDIRECTS) {
      throw new DownloadError(`cannot fetch ${url.href}: the server redirects more than ${MAX_REDIRECTS} times`);
    }
    at = next(at, location, url);
  }
}

function next(from: URL, location: string, first: URL): URL {
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (to?.protocol === 'https:' || (to?.protocol === 'http:' && from.protocol === 'http:')) return to;
  throw new DownloadError(`cannot fetch ${first.href}: the server redirects to '${location.slice(0, 200)}'`);
}
