/// <reference types="long" preserve="true" />
/**
 * Node only: files on disk.
 *
 * @module fourm/node
 */
export { type FileSource, fileSource } from './checkpoints/file-source.js';
export { type ReadLimits, readFile } from './io/read-file.js';
export { writeFileAtomic } from './io/write-file.js';
export { openRunDirectory, type RunDirectory } from './training/run-directory.js';
