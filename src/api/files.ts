import { type ByteSource, bytesSource } from '../checkpoints/byte-source.js';
import { CheckpointError } from '../errors.js';
import { PACKAGE_ROOT } from '../package-root.js';

/** The files of a model by name, wherever they lie. */
export type ModelFiles = (name: string) => Promise<ByteSource>;

/**
 * Where a model's files are.
 *
 * @param id the name of a shipped model (`toybox`), a folder with a `fourm.json`, or the URL of one
 */
export function modelFiles(id: string): ModelFiles {
  return async (name) => {
    const url = new URL(name, await folderUrl(id));
    if (url.protocol !== 'file:') return fromWeb(url);
    const { fromDisk } = await import('./disk.js');
    return fromDisk(url, id);
  };
}

async function folderUrl(id: string): Promise<URL> {
  if (/^[\w-]+$/.test(id)) return new URL(`models/${id}/`, PACKAGE_ROOT);
  const withSlash = id.endsWith('/') ? id : `${id}/`;
  if (/^(https?|file):/.test(id)) return new URL(withSlash);
  const page = (globalThis as { location?: { href: string } }).location?.href;
  if (page !== undefined) return new URL(withSlash, page);
  const { folderOnDisk } = await import('./disk.js');
  return folderOnDisk(withSlash);
}

async function fromWeb(url: URL): Promise<ByteSource> {
  const response = await fetch(url);
  if (!response.ok) throw new CheckpointError(`cannot fetch ${url}: the server answered ${response.status}`);
  return bytesSource(new Uint8Array(await response.arrayBuffer()), url.href);
}
