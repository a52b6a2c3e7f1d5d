/**
 * Every error a caller can meet. Each message names the offending thing, its value, and what was expected, in one line.
 */

/** The root of all errors thrown on purpose by this library. Anything else is a bug. */
export class FourMError extends Error {
  override readonly name: string = 'FourMError';
  constructor(message: string, options?: ErrorOptions) {
    super(inOneLine(message), options);
  }
}

/** Longer messages, which quote what is wrong at length, are cut. */
const LONGEST_MESSAGE = 4000;

/** A message may quote anything that a file holds: line ends and other control characters are escaped, as JSON does. */
function inOneLine(message: string): string {
  const short = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
  return short.replace(/[\p{Cc}\u2028\u2029]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** An argument, option or configuration value is wrong: an unknown modality, a seed that is not an integer, … */
export class InvalidInputError extends FourMError {
  override readonly name = 'InvalidInputError';
}

/** A file or buffer is not the picture it claims to be, or is one that cannot be used (too large, truncated, empty). */
export class MediaError extends FourMError {
  override readonly name = 'MediaError';
}

/** A checkpoint cannot be read, or does not fit the model: a lying header, a missing or misshapen tensor. */
export class CheckpointError extends FourMError {
  override readonly name = 'CheckpointError';
}

/** A tensor backend cannot be had here. The message names the package, the versions and the command to install it. */
export class BackendUnavailableError extends FourMError {
  override readonly name = 'BackendUnavailableError';
}

/** A tensor backend has no room for another tensor. */
export class MemoryError extends FourMError {
  override readonly name = 'MemoryError';
}

/** A tensor backend failed in the middle of its work. */
export class BackendError extends FourMError {
  override readonly name = 'BackendError';
}

/** A file cannot be fetched: its server refuses, lies or cannot be reached, or there may be no asking and it is not cached. */
export class DownloadError extends FourMError {
  override readonly name = 'DownloadError';
  /** What the server answered, where it is the answer that is wrong. */
  readonly status: number | undefined;
  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** A result cannot be written where it should go. */
export class OutputError extends FourMError {
  override readonly name = 'OutputError';
}

/** The worker that a model runs in could not be started, or ended before its work. */
export class WorkerError extends FourMError {
  override readonly name = 'WorkerError';
}

/** The caller's `AbortSignal` fired, and the work stopped between two steps. */
export class CancelledError extends FourMError {
  override readonly name = 'CancelledError';
  constructor(what: string) {
    super(`${what} was cancelled`);
  }
}

/** Throws {@link CancelledError} when the signal has fired. */
export function throwIfCancelled(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new CancelledError(what);
}

/**
 * {@link throwIfCancelled}, after whatever else wants to run has had its turn: most backends compute without ever giving it,
 * and then no Ctrl-C, click or timer gets through to fire the signal. Awaited between the steps of everything that takes time.
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

/** A turn of the event loop. A timer would do, and wait four milliseconds in browsers, as long as a small step. */
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
