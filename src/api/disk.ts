/** Node only: a model's files on disk. In browsers `package.json` puts nothing in this file's place. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ByteSource, bytesSource } from '../checkpoints/byte-source.js';
import { InvalidInputError } from '../errors.js';
import { readFile } from '../media/files.js';

/**
 * @param url of the scheme `file:`
 * @param id  the model, as the caller called it
 * @throws InvalidInputError if there is no such file or it cannot be read
 */
export async function fromDisk(url: URL, id: string): Promise<ByteSource> {
  const path = fileURLToPath(url);
  try {
    return bytesSource(await readFile(path), path);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError(`cannot load the model '${id}': ${error.message}`);
  }
}

/** A folder's URL, whatever characters its name has. @param path ends with a slash; relative to the working folder */
export function folderOnDisk(path: string): URL {
  return pathToFileURL(path);
}
