/** Errors of the file system in one line each. Node only: nothing that runs in a browser may import this. */

import { lstatSync, readlinkSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidInputError } from '../errors.js';

/** The error to throw when reading `path` failed with `error`. */
export function readError(path: string, error: unknown): InvalidInputError {
  if (errorCode(error) !== 'ENOENT')
    return new InvalidInputError(`cannot read ${path}: ${reason(error, dirname(path))}`);
  const target = danglingLink(path);
  return new InvalidInputError(
    target === undefined
      ? `no such file: ${path}`
      : `cannot read ${path}: it is a link to ${target}, which does not exist`,
  );
}

/** `ENOENT` and the like, if the system gave one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** The target of a symbolic link that points to nothing; undefined for anything else. */
export function danglingLink(path: string): string | undefined {
  try {
    if (!lstatSync(path).isSymbolicLink()) return undefined;
    return statSync(path, { throwIfNoEntry: false }) ? undefined : readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** The reason that a file in `folder` could not be read or written, for the end of a message. */
export function reason(error: unknown, folder: string): string {
  const code = errorCode(error);
  switch (code) {
    case 'ENOENT':
      return `the folder ${folder} does not exist`;
    case 'ENOTDIR':
      return `${folder} is not a folder`;
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EROFS':
      return 'the file system is read-only';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'no space left on the device';
    case 'EFBIG':
      return 'the file is larger than the file system or the user may have it';
    case 'ENAMETOOLONG':
      return 'the name is too long';
    case 'ELOOP':
      return 'its links lead in a circle';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open';
    case 'EIO':
      return 'the device reports an error';
    default:
      return code ?? String(error).split('\n')[0]!;
  }
}
