/** The folder of the cache. Node only: nothing that runs in a browser may import this. */

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { environmentVariable } from '../environment.js';
import { InvalidInputError } from '../errors.js';

/**
 * The folder of downloads: what FOURM_CACHE names, or the folder `fourm` in the system's folder for caches.
 *
 * @param env  reads an environment variable
 * @param home finds the user's home folder
 * @throws InvalidInputError if FOURM_CACHE is not set and the user has no home folder
 */
export function cacheFolder(
  env: (name: string) => string | undefined = environmentVariable,
  platform: string = process.platform,
  home: () => string = homedir,
): string {
  const [named, caches, local] = ['FOURM_CACHE', 'XDG_CACHE_HOME', 'LOCALAPPDATA'].map(env);
  if (named) return named;
  if (caches) return join(caches, 'fourm');
  if (platform === 'win32' && local) return join(local, 'fourm', 'Cache');
  const folder = homeFolder(home);
  return platform === 'darwin' ? join(folder, 'Library', 'Caches', 'fourm') : join(folder, '.cache', 'fourm');
}

/** A user without an entry in the system's list of users has no home folder unless HOME names it. */
function homeFolder(home: () => string): string {
  try {
    const folder = home();
    if (isAbsolute(folder)) return folder;
  } catch {
    // Reported below.
  }
  throw new InvalidInputError('no folder for downloads: this user has no home folder; set FOURM_CACHE to a folder');
}
