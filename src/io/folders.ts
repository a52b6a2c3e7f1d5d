/** Node only: nothing that runs in a browser may import this. */

import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OutputError } from '../errors.js';
import { errorCode } from './file-errors.js';

/**
 * Makes a folder, and those above it, where there is none. They are made one by one: Node's `mkdir` with `recursive` does not
 * return for some folders that cannot be made, such as those below /proc.
 *
 * @throws OutputError in one line
 */
export async function ensureFolder(folder: string): Promise<void> {
  try {
    await makeFolders(resolve(folder));
  } catch (error) {
    throw new OutputError(`cannot make the folder ${folder}: ${reason(error)}`);
  }
}

async function makeFolders(folder: string): Promise<void> {
  const missing: string[] = [];
  let existing = folder;
  while (!(await isFolder(existing))) {
    missing.push(existing);
    existing = dirname(existing);
  }
  for (const next of missing.reverse()) {
    await mkdir(next).catch(async (error: unknown) => {
      // Another program may have made it in the meantime.
      if (errorCode(error) !== 'EEXIST' || !(await isFolder(next))) throw error;
    });
  }
}

/** @throws for what is there and is no folder, and for what cannot be looked at */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && dirname(path) !== path) return false;
    throw error;
  }
  throw Object.assign(new Error(), { code: 'EEXIST' });
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
    case 'ENOENT':
      return 'the system allows no folder there';
    case 'ENOTDIR':
      return 'a part of the path is a file';
    case 'ENOSPC':
      return 'no space left on the device';
    default:
      return code ?? String(error);
  }
}
