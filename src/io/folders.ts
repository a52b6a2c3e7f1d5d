/** Node only: nothing that runs in a browser may import this. */

import { mkdir, rmdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OutputError } from '../errors.js';
import { danglingLink, errorCode, reason } from './file-errors.js';
import { checkWritableFolder } from './write-file.js';

/**
 * Makes a folder and its missing parents, one by one: Node's recursive `mkdir` does not return below `/proc`, where creating a
 * folder fails as if its parent were missing.
 *
 * @returns the new folders, the outermost first
 * @throws OutputError in one line; the folders made so far are removed again
 */
export async function ensureFolder(folder: string): Promise<readonly string[]> {
  const missing = await missingFolders(folder);
  const made: string[] = [];
  for (const path of missing) {
    try {
      if (await makeFolder(path)) made.push(path);
    } catch (error) {
      await removeEmptyFolders(made);
      throw refusal(folder, reasonOf(error, path));
    }
  }
  return made;
}

/** {@link ensureFolder} for the folder that a file will be in. */
export function ensureFolderOf(file: string): Promise<readonly string[]> {
  return ensureFolder(dirname(file));
}

/**
 * Makes a folder that files will be written into, as {@link ensureFolder}.
 *
 * @throws OutputError also if files may not be written into it
 */
export async function ensureWritableFolder(folder: string): Promise<readonly string[]> {
  const made = await ensureFolder(folder);
  try {
    await checkWritableFolder(folder);
    return made;
  } catch (error) {
    await removeEmptyFolders(made);
    throw error;
  }
}

/** Removes folders, the innermost first, as far as they are empty. */
export async function removeEmptyFolders(folders: readonly string[]): Promise<void> {
  for (const folder of [...folders].reverse()) await rmdir(folder).catch(() => {});
}

/** The folder and those above it that do not exist, the outermost first. @throws OutputError if something else is there */
async function missingFolders(folder: string): Promise<string[]> {
  const missing: string[] = [];
  for (let path = resolve(folder); ; path = dirname(path)) {
    try {
      const status = await stat(path);
      if (status.isDirectory()) return missing;
      throw refusal(folder, path === resolve(folder) ? 'a file has that name' : `${path} is a file`);
    } catch (error) {
      if (error instanceof OutputError) throw error;
      const target = danglingLink(path);
      if (target !== undefined) throw refusal(folder, `${path} is a link to ${target}, which does not exist`);
      // ENOTDIR: a file is above; it is found on the way up.
      if (!['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '') || dirname(path) === path) {
        throw refusal(folder, reason(error, dirname(path)));
      }
      missing.unshift(path);
    }
  }
}

/** @returns whether the folder is new; another process may have made it at the same time */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && (await stat(path)).isDirectory()) return false;
    throw error;
  }
}

function refusal(folder: string, why: string): OutputError {
  return new OutputError(`cannot make the folder ${folder}: ${why}`);
}

function reasonOf(error: unknown, path: string): string {
  // The parent exists.
  return errorCode(error) === 'ENOENT' ? 'the system allows no folder there' : reason(error, dirname(path));
}
