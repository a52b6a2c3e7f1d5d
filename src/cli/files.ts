import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InvalidInputError, MediaError, OutputError } from '../errors.js';
import { decodeImage } from '../media/decode.js';
import { readFile } from '../media/files.js';
import type { RgbImage } from '../media/raster.js';

/**
 * Makes a folder, and those above it, where there is none.
 *
 * @throws OutputError in one line
 */
export async function ensureFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    if ((await stat(folder)).isDirectory()) return;
  } catch (error) {
    throw new OutputError(`cannot make the folder ${folder}: ${reason(error)}`);
  }
}

/** {@link ensureFolder} for the folder that a file will be in. */
export function ensureFolderOf(file: string): Promise<void> {
  return ensureFolder(dirname(file));
}

/**
 * Reads a picture.
 *
 * @throws InvalidInputError if there is no such file
 * @throws MediaError naming the file if it is no picture, or one that cannot be used
 */
export async function readImage(path: string): Promise<RgbImage> {
  const bytes = await readFile(path);
  try {
    return decodeImage(bytes);
  } catch (error) {
    if (error instanceof MediaError) throw new MediaError(`${path}: ${error.message}`, { cause: error });
    throw error;
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

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EROFS':
      return 'the file system is read-only';
    case 'EEXIST':
      return 'a file has that name';
    case 'ENOTDIR':
      return 'a part of the path is a file';
    case 'ENOSPC':
      return 'no space left on the device';
    default:
      return code || String(error);
  }
}
