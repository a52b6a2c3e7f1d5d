import { ensureWritableFolder, removeEmptyFolders } from '../io/folders.js';
import { removeStaleTemporaries } from '../io/write-file.js';

/**
 * Runs a work that writes into a folder, which is made before. If it fails, the folders that are new and still empty are
 * removed again.
 *
 * @throws OutputError before the work, if nothing can be written there
 */
export async function withOutputFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const made = await ensureWritableFolder(folder);
  await removeStaleTemporaries(folder);
  try {
    return await work();
  } catch (error) {
    await removeEmptyFolders(made);
    throw error;
  }
}
