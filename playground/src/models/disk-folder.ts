/** Serves the files of a local folder by range, without copying them. */

/** A folder's files by their paths in it. */
export type FolderFiles = ReadonlyMap<string, Blob>;

/** Names below `.invalid` never exist (RFC 2606). */
const HOST = 'https://folder.invalid/';

/** The address of a folder, for `loadModel`. */
export function folderAddress(name: string): string {
  return `${HOST}${encodeURIComponent(name)}/`;
}

/** Replaces the placeholder address of a folder in a text by the names of its files. */
export function withoutFolderAddress(text: string): string {
  return text.replaceAll(HOST, '');
}

/**
 * A `fetch` that serves a folder at an address. Its responses have no entity tags, so nothing is cached.
 *
 * @param elsewhere serves all other addresses
 */
export function fetchFromFolder(files: FolderFiles, elsewhere: typeof fetch): typeof fetch {
  return async (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    if (!address.startsWith(HOST)) return elsewhere(input, init);
    const [, ...path] = new URL(address).pathname.slice(1).split('/').map(decodeURIComponent);
    const file = files.get(path.join('/'));
    return file ? rangeOf(file, new Headers(init?.headers).get('range')) : new Response(null, { status: 404 });
  };
}

function rangeOf(file: Blob, range: string | null): Response {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  if (first === undefined) return new Response(file.slice(), { headers: { 'content-length': String(file.size) } });
  const [start, end] = [Number(first), Math.min(Number(last) + 1, file.size)];
  if (start >= end) return new Response(null, { status: 416 });
  const headers = { 'content-range': `bytes ${start}-${end - 1}/${file.size}`, 'content-length': String(end - start) };
  return new Response(file.slice(start, end), { status: 206, headers });
}
