import type { ByteSource } from '../checkpoints/byte-source.js';
import { DownloadError, throwIfCancelled } from '../errors.js';
import { redactedAddress, redactedText } from './redact.js';

/**
 * The content of a `blob:` or `data:` address as a source. Nothing is downloaded.
 *
 * @throws DownloadError  if the address is invalid, such as a revoked one
 * @throws CancelledError when the signal fires
 */
export async function blobSource(url: URL, signal?: AbortSignal): Promise<ByteSource> {
  const name = redactedAddress(url.href);
  const blob = await open(url, name, signal);
  return {
    name,
    size: blob.size,
    async read(offset, length) {
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    },
  };
}

async function open(url: URL, name: string, signal: AbortSignal | undefined): Promise<Blob> {
  try {
    return await (await fetch(url, signal ? { signal } : {})).blob();
  } catch (error) {
    throwIfCancelled(signal, `fetching ${name}`);
    throw new DownloadError(`cannot fetch ${name}: ${redactedText(String(error), [url.href])}`);
  }
}
