import { ensureWritableFolder, removeEmptyFolders } from '../io/folders.js';
import { removeStaleTemporaries } from '../io/write-file.js';

/**
 * Makes a folder, and runs a task that writes into it. If the task fails, new folders that are still empty are removed.
 *
 * @throws OutputError before the task, if the folder is not writable
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
