import { DownloadError } from '../errors.js';

/**
 * A server responded with a web page, as single-page applications do for unknown addresses. An optional file counts as absent
 * then.
 */
export class WebPageError extends DownloadError {
  constructor(name: string) {
    super(`cannot fetch ${name}: the server responded with a web page`, 200);
  }
}

/** @throws WebPageError if a file begins like a web page; not every server sends the type `text/html` */
export function checkNoPage(beginning: Uint8Array, name: string): void {
  const text = new TextDecoder().decode(beginning.subarray(0, 1000)).trimStart();
  if (/^(<!--.*?-->\s*)*<(!doctype html|html)\b/is.test(text)) throw new WebPageError(name);
}
