/** Node only: nothing that runs in a browser may import this. */

import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OutputError } from '../errors.js';
import { errorCode } from './file-errors.js';

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

function reason(error: unknown): string {
  const code = errorCode(error);
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
      return code ?? String(error);
  }
}
