/**
 * Every error a caller can meet. Each message names the offending thing, its value, and what was expected, in one line.
 */

/** Base class of all errors that this library throws on purpose. Any other error is a bug. */
export class FourMError extends Error {
  override readonly name: string = 'FourMError';
  constructor(message: string, options?: ErrorOptions) {
    super(inOneLine(message), options);
  }
}

/** Longer messages are truncated. */
const LONGEST_MESSAGE = 4000;

/** Messages may quote file contents: line breaks and other control characters are escaped, as in JSON. */
function inOneLine(message: string): string {
  const short = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
  return short.replace(/[\p{Cc}\u2028\u2029]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** An invalid argument, option or configuration value: an unknown modality, a seed that is not an integer, … */
export class InvalidInputError extends FourMError {
  override readonly name = 'InvalidInputError';
}

/** A file or buffer is not a valid picture, or cannot be used (too large, truncated, empty). */
export class MediaError extends FourMError {
  override readonly name = 'MediaError';
}

/** A checkpoint is invalid or does not match the model: a false header, a missing tensor, a wrong shape. */
export class CheckpointError extends FourMError {
  override readonly name = 'CheckpointError';
}

/** A computation gave NaN or an infinity where a finite number was needed. The message names the weights at fault, if any are. */
export class NotFiniteError extends FourMError {
  override readonly name = 'NotFiniteError';
}

/** A tensor backend is not available. The message names the package, the versions and the command to install it. */
export class BackendUnavailableError extends FourMError {
  override readonly name = 'BackendUnavailableError';
}

/** A tensor backend is out of memory. */
export class MemoryError extends FourMError {
  override readonly name = 'MemoryError';
}

/** A tensor backend failed during a computation. */
export class BackendError extends FourMError {
  override readonly name = 'BackendError';
}

/** A download failed: the server is unreachable or its response is invalid, or the file is not in the cache when offline. */
export class DownloadError extends FourMError {
  override readonly name = 'DownloadError';
  /** HTTP status of the response, if that is the cause. */
  readonly status: number | undefined;
  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** A result cannot be written. */
export class OutputError extends FourMError {
  override readonly name = 'OutputError';
}

/** The worker of a model could not be started, or ended too early. */
export class WorkerError extends FourMError {
  override readonly name = 'WorkerError';
}

/** The caller's `AbortSignal` was aborted, and the work stopped between two steps. */
export class CancelledError extends FourMError {
  override readonly name = 'CancelledError';
  constructor(what: string) {
    super(`${what} was cancelled`);
  }
}

/** Throws {@link CancelledError} if the signal is aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new CancelledError(what);
}

/**
 * Yields to the event loop, then {@link throwIfCancelled}. Most backends block the event loop while they compute, so that no
 * Ctrl-C, click or timer could abort the signal. Awaited between the steps of all long computations.
 */
export async function pauseOrCancel(signal: AbortSignal | undefined, what: string): Promise<void> {
  await nextTurn();
  throwIfCancelled(signal, what);
}

/**
 * Waits for work that others may wait for too. The signal ends the wait and not the work.
 *
 * @param what the work in the error message
 * @throws CancelledError as soon as the signal fires
 */
export function waitOrCancel<T>(work: Promise<T>, signal: AbortSignal | undefined, what: string): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const leave = () => reject(new CancelledError(what));
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

/** One turn of the event loop. A timer would wait four milliseconds in browsers, as long as a small step. */
function nextTurn(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
