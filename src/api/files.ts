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
  const folder = folderUrl(id);
  return async (name) => {
    const url = new URL(name, folder);
    if (url.protocol !== 'file:') return fromWeb(url);
    const { fromDisk } = await import('./disk.js');
    return fromDisk(url, id);
  };
}

function folderUrl(id: string): URL {
  if (/^[\w-]+$/.test(id)) return new URL(`models/${id}/`, PACKAGE_ROOT);
  const withSlash = id.endsWith('/') ? id : `${id}/`;
  if (/^(https?|file):/.test(id)) return new URL(withSlash);
  return new URL(withSlash, currentFolder());
}

/** What relative paths start from: the working folder in Node, the page in a browser. */
function currentFolder(): string {
  const node = (globalThis as { process?: { cwd?: () => string } }).process?.cwd;
  return node
    ? `file://${encodeURI(node())}/`
    : (globalThis as unknown as { location: { href: string } }).location.href;
}

async function fromWeb(url: URL): Promise<ByteSource> {
  const response = await fetch(url);
  if (!response.ok) throw new CheckpointError(`cannot fetch ${url}: the server answered ${response.status}`);
  return bytesSource(new Uint8Array(await response.arrayBuffer()), url.href);
}
