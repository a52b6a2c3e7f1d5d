import { InvalidInputError } from '../../errors.js';
import { redactedAddress } from '../../hub/redact.js';

/** Schemes of addresses that are read. */
const SCHEMES = ['http:', 'https:', 'file:', 'blob:', 'data:'];

/**
 * An address of the web or of a file.
 *
 * @returns undefined for what has no scheme, such as paths and names; a letter before a colon is a drive
 * @throws InvalidInputError, without the secrets of the address, for other schemes, and for what cannot be parsed
 */
export function parseAddress(text: string): URL | undefined {
  const scheme = /^[a-z][a-z0-9+.-]+:/i.exec(text)?.[0].toLowerCase();
  if (scheme === undefined) return undefined;
  if (!SCHEMES.includes(scheme)) {
    if (!text.startsWith('//', scheme.length)) return undefined;
    throw new InvalidInputError(`'${redactedAddress(text)}': ${scheme} is not read; ${SCHEMES.join(', ')} are`);
  }
  if (!URL.canParse(text)) throw new InvalidInputError(`'${redactedAddress(text)}' is not an address`);
  return new URL(text);
}

/** Whether an address is of one file by itself, and not of a folder. */
export function isFileAddress({ protocol, pathname }: URL): boolean {
  return protocol === 'blob:' || protocol === 'data:' || isFileName(pathname);
}

/** Whether a path is of a file by itself. */
export function isFileName(path: string): boolean {
  return /\.(safetensors|json)$/.test(path);
}

/** The address of a file in a folder. The query of the folder's address, which may be a signature, is that of its files too. */
export function addressIn(folder: URL, name: string): URL {
  const url = new URL(folder);
  const path = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  url.pathname = path + encodeURI(name).replace(/[?#]/g, encodeURIComponent);
  return url;
}
