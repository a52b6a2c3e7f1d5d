/** Node only: nothing that runs in a browser may import this. */

import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError, OutputError } from '../errors.js';
import { errorCode, reason } from './file-errors.js';
import { isRunning } from './write-file.js';

/** The lock file of a folder: process id and host. */
const LOCK_FILE = '.lock';

/** The locks of this process. */
const held = new Set<string>();

/**
 * Locks a folder for this process. The lock of a process that no longer runs is taken over.
 *
 * @returns releases the lock
 * @throws InvalidInputError if another process, or this one, holds the lock
 * @throws OutputError if the lock cannot be written
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, LOCK_FILE);
  const own = `${process.pid} ${hostname()}\n`;
  for (let attempt = 0; attempt < 10; attempt++) {
    try {
      await writeFile(file, own, { flag: 'wx' });
      held.add(file);
      return async () => {
        held.delete(file);
        await rm(file, { force: true });
      };
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw new OutputError(`cannot write ${file}: ${reason(error, folder)}`);
      await removeStale(folder, file);
    }
  }
  throw inUse(folder, file, 'other processes');
}

/** Removes the lock if its process no longer runs. @throws InvalidInputError if it may run */
async function removeStale(folder: string, file: string): Promise<void> {
  const owner = await readFile(file, 'utf8').catch(() => '');
  if (owner === '') return; // released, or being written
  const [pid, host] = owner.trim().split(' ') as [string, string | undefined];
  if (host !== hostname()) throw inUse(folder, file, `process ${pid} on ${host}`);
  const isOwn = Number(pid) === process.pid; // an earlier process may have had this number
  if (isOwn ? held.has(file) : isRunning(Number(pid))) throw inUse(folder, file, `process ${pid}`);
  // Another process may take it over at the same time: the moved file is checked, and put back if it is theirs.
  const moved = `${file}.${process.pid}`;
  await rename(file, moved).catch(() => {});
  const removed = await readFile(moved, 'utf8').catch(() => owner);
  if (removed !== owner) await link(moved, file).catch(() => {});
  await rm(moved, { force: true });
}

function inUse(folder: string, file: string, owner: string): InvalidInputError {
  return new InvalidInputError(`${folder} is in use by ${owner}; if that is not so, remove ${file}`);
}
