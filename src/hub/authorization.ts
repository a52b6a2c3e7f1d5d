import { InvalidInputError } from '../errors.js';

/** An address without its user name and password, and the header with them: `fetch` rejects them in addresses. */
export function withoutCredentials(address: URL): { url: URL; authorization: string | undefined } {
  const url = new URL(address);
  if (!url.username && !url.password) return { url, authorization: undefined };
  const credentials = `${decode(url.username)}:${decode(url.password)}`;
  const bytes = new TextEncoder().encode(credentials);
  url.username = '';
  url.password = '';
  return { url, authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

/** The header for a token of the Hub. @throws InvalidInputError, without the token, if a header cannot hold it */
export function bearer(token: string): string {
  const text = token.trim();
  if (/^[\x21-\x7e]+$/.test(text)) return `Bearer ${text}`;
  throw new InvalidInputError('the token (option "token" or HF_TOKEN) is empty or has characters that no token has');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
