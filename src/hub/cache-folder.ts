/** Where the cache is. Node only: nothing that runs in a browser may import this. */

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { InvalidInputError } from '../errors.js';

/**
 * The folder of downloads: what FOURM_CACHE names, or the folder `fourm` in the system's folder for caches.
 *
 * @param home finds the user's home folder
 * @throws InvalidInputError if FOURM_CACHE is not set and the user has no home folder
 */
export function cacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
  home: () => string = homedir,
): string {
  if (env.FOURM_CACHE) return env.FOURM_CACHE;
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'fourm');
  if (platform === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, 'fourm', 'Cache');
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
