import { DownloadError } from '../errors.js';
import { redactedAddress } from './redact.js';

/** Maximum number of redirects of a request. */
const MAX_REDIRECTS = 10;

/** A response, and the headers of the redirects before it. */
export interface Followed {
  readonly response: Response;
  /** The headers of the redirecting responses, the first one first. */
  readonly redirects: readonly Headers[];
}

/**
 * Follows redirects one by one, because the Hub names a large file's checksum in the redirect to the server that stores it. A
 * browser does not expose redirects to scripts; there, `fetch` follows them.
 *
 * @param name of the file in error messages
 * @param send makes one request; with the credentials only where `first` is true
 * @throws DownloadError for loops, and for redirects to other protocols than HTTP
 */
export async function follow(
  url: URL,
  name: string,
  send: (url: URL, redirect: 'manual' | 'follow', first: boolean) => Promise<Response>,
): Promise<Followed> {
  const redirects: Headers[] = [];
  let at = url;
  for (;;) {
    const response = await send(at, 'manual', at.origin === url.origin);
    if (response.type === 'opaqueredirect') return { response: await send(at, 'follow', true), redirects };
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return { response, redirects };
    await response.body?.cancel();
    redirects.push(response.headers);
    if (redirects.length > MAX_REDIRECTS) {
      throw new DownloadError(`cannot fetch ${name}: the server redirects more than ${MAX_REDIRECTS} times`);
    }
    at = next(at, location, name);
  }
}

function next(from: URL, location: string, name: string): URL {
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
  const isWeb = to?.protocol === 'https:' || (to?.protocol === 'http:' && from.protocol === 'http:');
  if (to && isWeb && !to.username && !to.password) return to;
  const shown = redactedAddress(location).slice(0, 200);
  throw new DownloadError(`cannot fetch ${name}: the server redirects to '${shown}'`);
}
