/** Errors of the file system in one line each. Node only: nothing that runs in a browser may import this. */

import { dirname } from 'node:path';
import { InvalidInputError } from '../errors.js';

/** The error to throw when reading `path` failed with `error`. */
export function readError(path: string, error: unknown): InvalidInputError {
  if (errorCode(error) === 'ENOENT') return new InvalidInputError(`no such file: ${path}`);
  return new InvalidInputError(`cannot read ${path}: ${reason(error, dirname(path))}`);
}

/** `ENOENT` and the like, if the system gave one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** Why a file in `folder` could not be read or written, for the end of a message. */
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
    case 'ENAMETOOLONG':
      return 'the name is too long';
    case 'ERR_FS_FILE_TOO_LARGE':
      return 'it is larger than 2 GiB';
    default:
      return code ?? String(error).split('\n')[0]!;
  }
}
