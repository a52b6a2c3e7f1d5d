import { CancelledError } from '../errors.js';

/**
 * Waits for work that others may wait for too. The signal ends the wait and not the work.
 *
 * @param what the work in the error message
 * @throws CancelledError as soon as the signal fires
 */
export function waitFor<T>(work: Promise<T>, signal: AbortSignal | undefined, what: string): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const leave = () => reject(new CancelledError(what));
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
