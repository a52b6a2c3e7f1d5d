/** Node only: nothing that runs in a browser may import this. */

import { readFile as readNodeFile } from 'node:fs/promises';
import { InvalidInputError } from '../errors.js';
import { readError } from './file-errors.js';

/**
 * The whole of a file.
 *
 * @throws InvalidInputError in one line: no such file, a folder, no permission
 */
export async function readFile(path: string): Promise<Uint8Array> {
  try {
    const { buffer, byteOffset, byteLength } = await readNodeFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    throw readError(path, error);
  }
}

/**
 * Reads a JSON file.
 *
 * @throws InvalidInputError if there is no such file, or it is not JSON
 */
export async function readJson(path: string): Promise<unknown> {
  const bytes = await readFile(path);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new InvalidInputError(`${path} is not JSON`);
  }
}
