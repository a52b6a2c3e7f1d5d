/** Errors on their way to another thread: cloning would make plain errors of ours. */
import * as errors from '../errors.js';

/** An error as it is sent. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** HTTP status of a `DownloadError`. */
  readonly status: number | undefined;
}

/** By the names that they give themselves; a minifier may have renamed the classes. */
const CLASSES: Readonly<Record<string, { readonly prototype: Error }>> = {
  FourMError: errors.FourMError,
  InvalidInputError: errors.InvalidInputError,
  MediaError: errors.MediaError,
  CheckpointError: errors.CheckpointError,
  BackendError: errors.BackendError,
  BackendUnavailableError: errors.BackendUnavailableError,
  MemoryError: errors.MemoryError,
  NotFiniteError: errors.NotFiniteError,
  DownloadError: errors.DownloadError,
  OutputError: errors.OutputError,
  CancelledError: errors.CancelledError,
  WorkerError: errors.WorkerError,
};

/** @param error the thrown value */
export function sentError(error: unknown): SentError {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { name, message, stack, status: error instanceof errors.DownloadError ? error.status : undefined };
}

/** The error again, of its own class if it is one of ours; its stack is the one that it had where it was thrown. */
export function receivedError({ name, message, stack, status }: SentError): Error {
  const error = Object.assign(new Error(message), { name, stack });
  if (status !== undefined) Object.assign(error, { status });
  const type = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
  return type ? Object.setPrototypeOf(error, type.prototype) : error;
}
