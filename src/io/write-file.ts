/** Node only: nothing that runs in a browser may import this. */

import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OutputError } from '../errors.js';
import { errorCode, reason } from './file-errors.js';

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
