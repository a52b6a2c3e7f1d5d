/** Node only: nothing that runs in a browser may import this. */

import { open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OutputError } from '../errors.js';
import { danglingLink, errorCode, reason } from './file-errors.js';

/**
 * Writes a file atomically, through a temporary file in the same folder that is renamed. Readers see the old or the new
 * content. Nothing is left on failure. The folder must exist.
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

/**
 * Checks whether {@link writeFileAtomic} could write a file, before its content is computed. The folder must exist.
 *
 * @throws OutputError as writing would
 */
export async function checkWritable(path: string): Promise<void> {
  try {
    await makeAndRemove(await writableTarget(path));
  } catch (error) {
    if (error instanceof OutputError) throw error;
    throw new OutputError(`cannot write ${path}: ${reason(error, dirname(path))}`);
  }
}

/**
 * Checks whether files can be written into a folder, by writing one, because permissions are not reliable on every system.
 *
 * @throws OutputError
 */
export async function checkWritableFolder(folder: string): Promise<void> {
  try {
    await makeAndRemove(join(folder, 'fourm'));
  } catch (error) {
    throw new OutputError(`cannot write into the folder ${folder}: ${reason(error, folder)}`);
  }
}

async function makeAndRemove(target: string): Promise<void> {
  const { temporary, handle } = await openTemporary(target);
  await handle.close();
  await rm(temporary);
}

/** The file to write: behind links, and never a folder, device or pipe, which a file would replace. */
async function writableTarget(path: string): Promise<string> {
  try {
    const target = await realpath(path);
    const status = await stat(target);
    if (status.isDirectory()) throw new OutputError(`cannot write ${path}: it is a folder`);
    if (!status.isFile()) throw new OutputError(`cannot write ${path}: it is not a regular file`);
    return target;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    const target = danglingLink(path);
    if (target === undefined) return path;
    throw new OutputError(`cannot write ${path}: it is a link to ${target}, which does not exist`);
  }
}

/** A new file beside the target, with a unique name. */
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

/** The names of {@link openTemporary}. */
const TEMPORARY = /^\..+\.(\d+)-\d+\.tmp$/;

/** Removes temporary files in a folder whose process no longer runs, left by a kill while writing. */
export async function removeStaleTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const pid = TEMPORARY.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { force: true }).catch(() => {});
  }
}

/** Removes the temporary files of a file that no running process writes, on this machine or another. */
export async function removeTemporariesOf(path: string): Promise<void> {
  const start = `.${basename(path).slice(0, 100)}.`;
  const names = await readdir(dirname(path)).catch(() => []);
  for (const name of names) {
    if (name.startsWith(start) && TEMPORARY.test(name)) await rm(join(dirname(path), name), { force: true });
  }
}

/** True if there is a process of that id on this machine. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM'; // of another user
  }
}
