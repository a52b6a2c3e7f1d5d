/** What only Node can do: files on disk. */
export { type FileSource, fileSource } from './checkpoints/file-source.js';
export { readFile, writeFileAtomic } from './media/files.js';
export { openRunDirectory } from './training/run-directory.js';
