/** Where the cache is. Node only: nothing that runs in a browser may import this. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { OutputError } from '../errors.js';

/** Where downloads are kept: what FOURM_CACHE names, or the folder `fourm` where the system keeps its caches. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  if (env.FOURM_CACHE) return env.FOURM_CACHE;
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'fourm');
  if (platform === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, 'fourm', 'Cache');
  return platform === 'darwin' ? join(homedir(), 'Library', 'Caches', 'fourm') : join(homedir(), '.cache', 'fourm');
}

/** Runs a step that writes into the cache. @throws OutputError in one line if it cannot */
export async function writing<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof OutputError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new OutputError(`cannot write the cache ${path}: ${code}; FOURM_CACHE names another folder`);
  }
}
