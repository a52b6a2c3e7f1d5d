import type { ByteSource } from '../checkpoints/byte-source.js';
import { openRemote, type RemoteFile, type RemoteLocation, type RemoteOptions } from './remote-file.js';

/** Bytes that are fetched when a file is opened: enough for the headers of most checkpoints. */
export const BEGINNING = 2 ** 18;

/**
 * A file on a server as a source that keeps nothing but the file's beginning: each range is fetched when it is read.
 *
 * @throws DownloadError  if the server refuses, lies, or cannot be reached
 * @throws CancelledError when the signal fires
 */
export async function webSource(
  location: RemoteLocation,
  options: RemoteOptions,
  signal?: AbortSignal,
): Promise<ByteSource> {
  const { file, beginning } = await openRemote(location, options, BEGINNING, signal);
  return remoteSource(location.name, file, beginning);
}

/** {@link webSource} of a file that is open. */
export function remoteSource(name: string, file: RemoteFile, beginning: Uint8Array): ByteSource {
  return {
    name,
    size: file.facts.size,
    async read(offset: number, length: number, signal?: AbortSignal) {
      if (offset + length <= beginning.length) return beginning.subarray(offset, offset + length);
      const bytes = new Uint8Array(length);
      const sink = (part: Uint8Array, at: number) => bytes.set(part, at - offset);
      await file.stream({ start: offset, end: offset + length }, sink, signal);
      return bytes;
    },
  };
}
