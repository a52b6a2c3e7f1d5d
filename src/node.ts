/** What only Node can do: files on disk. */
export { type FileSource, fileSource } from './checkpoints/file-source.js';
export { readFile } from './io/read-file.js';
export { writeFileAtomic } from './io/write-file.js';
export { openRunDirectory } from './training/run-directory.js';
