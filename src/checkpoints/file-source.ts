/** Checkpoints on disk, read by range. Node only: nothing that runs in a browser may import this. */

import { type FileHandle, open } from 'node:fs/promises';
import { InvalidInputError } from '../errors.js';
import { readError } from '../io/file-errors.js';
import type { ByteSource } from './byte-source.js';

/** An open file; close it when its last tensor is read. */
export interface FileSource extends ByteSource {
  /** Closes the file. */
  close(): Promise<void>;
}

/** Maximum bytes of one system call. */
const CHUNK_BYTES = 2 ** 30;

/**
 * Opens a file for reading by range, however large.
 *
 * @throws InvalidInputError if there is no such file or it cannot be read
 */
export async function fileSource(path: string): Promise<FileSource> {
  const handle = await open(path).catch((error: unknown) => {
    throw readError(path, error);
  });
  const status = await handle.stat();
  if (!status.isFile()) {
    await handle.close();
    throw new InvalidInputError(`cannot read ${path}: it is not a regular file`);
  }
  return {
    name: path,
    size: status.size,
    read: (offset, length) =>
      readFully(handle, offset, length).catch((error: unknown) => {
        throw readError(path, error);
      }),
    close: () => handle.close(),
  };
}

/** Bytes [offset, offset + length), fewer if the file has become shorter. */
async function readFully(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = Math.min(CHUNK_BYTES, length - filled);
    const { bytesRead } = await handle.read(bytes, filled, count, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
