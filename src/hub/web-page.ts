import { DownloadError } from '../errors.js';

/**
 * A server answered with a web page, as those of single-page applications do for every address that they do not know. Where a
 * file is optional, that means that there is none.
 */
export class WebPageError extends DownloadError {
  constructor(name: string) {
    super(`cannot fetch ${name}: the server answered with a web page`, 200);
  }
}

/** @throws WebPageError if a file begins as a web page does: not every server sends the type `text/html` */
export function checkNoPage(beginning: Uint8Array, name: string): void {
  const text = new TextDecoder().decode(beginning.subarray(0, 1000)).trimStart();
  if (/^(<!--.*?-->\s*)*<(!doctype html|html)\b/is.test(text)) throw new WebPageError(name);
}
