import { existsSync } from 'node:fs';
import { mkdtemp, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder for files that several test files need. It is removed after the run. */
    scratch: string;
  }
}

/**
 * A folder that several test files need. The first file that needs it in a run makes it.
 *
 * @param make fills an empty folder
 * @returns    the folder, to be read only
 */
export async function madeOnce(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(inject('scratch'), name);
  if (existsSync(folder)) return folder;
  const own = await mkdtemp(`${folder}-`);
  await make(own);
  await rename(own, folder).catch((error: unknown) => {
    // Another process was as fast.
    if (!existsSync(folder)) throw error;
  });
  return folder;
}
