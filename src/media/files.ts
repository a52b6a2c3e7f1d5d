/** Files on disk. Node only: nothing that runs in a browser may import this. */

import { open, readFile as readNodeFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InvalidInputError, OutputError } from '../errors.js';

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
 * Writes a file so that whoever looks sees all of it or what was there before: into a temporary file in the same folder,
 * which then takes the name. Nothing is left behind on failure. The folder must exist.
 *
 * @throws OutputError in one line: the folder is missing or may not be written, the path is a folder, the disk is full
 */
export async function writeFileAtomic(path: string, data: Uint8Array | string): Promise<void> {
  try {
    const target = await writableTarget(path);
    const { temporary, handle } = await openTemporary(target);
    try {
      try {
        await handle.writeFile(data);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    if (error instanceof OutputError) throw error;
    throw new OutputError(`cannot write ${path}: ${reason(error, dirname(path))}`);
  }
}

/** The error to throw when reading `path` failed with `error`. */
export function readError(path: string, error: unknown): InvalidInputError {
  if (errorCode(error) === 'ENOENT') return new InvalidInputError(`no such file: ${path}`);
  return new InvalidInputError(`cannot read ${path}: ${reason(error, dirname(path))}`);
}

/** The place to write: behind links, and never a folder, device or pipe, over which a file would be moved. */
async function writableTarget(path: string): Promise<string> {
  try {
    const target = await realpath(path);
    const status = await stat(target);
    if (status.isDirectory()) throw new OutputError(`cannot write ${path}: it is a folder`);
    if (!status.isFile()) throw new OutputError(`cannot write ${path}: it is not a regular file`);
    return target;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return path;
    throw error;
  }
}

/** A new file beside the target, under a name nobody else uses. */
async function openTemporary(target: string) {
  for (let attempt = 0; ; attempt++) {
    const temporary = join(dirname(target), `.${basename(target).slice(0, 100)}.${process.pid}-${attempt}.tmp`);
    try {
      return { temporary, handle: await open(temporary, 'wx') };
    } catch (error) {
      if (errorCode(error) !== 'EEXIST' || attempt === 1000) throw error;
    }
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function reason(error: unknown, folder: string): string {
  const code = errorCode(error);
  switch (code) {
    case 'ENOENT':
      return `the folder ${folder} does not exist`;
    case 'ENOTDIR':
      return `${folder} is not a folder`;
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EROFS':
      return 'the file system is read-only';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'no space left on the device';
    case 'ENAMETOOLONG':
      return 'the name is too long';
    case 'ERR_FS_FILE_TOO_LARGE':
      return 'it is larger than 2 GiB';
    default:
      return code ?? String(error).split('\n')[0]!;
  }
}
