/** Writing into the cache's folder. Node only: nothing that runs in a browser may import this. */

import { dirname } from 'node:path';
import { OutputError } from '../errors.js';
import { errorCode, reason } from '../io/file-errors.js';
import { ensureFolder } from '../io/folders.js';

/** Maximum attempts of a write whose folder is deleted by another program meanwhile. */
const MAX_ATTEMPTS = 8;

/**
 * Writes a file of the cache. Its folder is made if it does not exist.
 *
 * @throws OutputError in one line if it cannot be written
 */
export async function writing<T>(path: string, step: () => Promise<T>): Promise<T> {
  let noFolder: unknown;
  for (let attempt = 1; ; attempt++) {
    try {
      return await step();
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || attempt === MAX_ATTEMPTS) throw cannotWrite(path, noFolder ?? error);
    }
    noFolder = await ensureFolder(dirname(path)).catch((error: unknown) => error);
  }
}

function cannotWrite(path: string, error: unknown): OutputError {
  const why = error instanceof OutputError ? error.message : reason(error, dirname(path));
  return new OutputError(`cannot write the cache ${path}: ${why}; FOURM_CACHE names another folder`);
}
