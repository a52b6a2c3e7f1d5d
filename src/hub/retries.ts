import { CancelledError, DownloadError } from '../errors.js';
import { TransientError } from './request.js';

/** Waits. @throws CancelledError when the signal fires */
export type Sleep = (seconds: number, signal?: AbortSignal) => Promise<void>;

/** Maximum number of consecutive failures. */
const MAX_FAILURES = 5;
/** Seconds before the second attempt; doubled before each further attempt. */
const FIRST_WAIT = 0.5;
/** Maximum seconds to wait at a server's request. */
const LONGEST_WAIT = 120;
/** Bytes after which failures are counted from zero again, so that an unstable connection with progress is resumed without limit. */
const PROGRESS = 2 ** 14;

/** Options of {@link withRetries}. */
export interface RetryOptions {
  /** The file in error messages. */
  readonly name: string;
  readonly sleep: Sleep;
  readonly signal?: AbortSignal | undefined;
  /** Bytes received in all attempts together; failures are counted from zero again after enough of them. */
  readonly received: () => number;
}

/** Repeats an attempt that fails with {@link TransientError}, with increasing waits. @throws DownloadError after the last */
export async function withRetries<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { name, sleep, signal, received } = options;
  let before = received();
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      if (received() - before >= PROGRESS) failures = 1;
      before = received();
      if (failures === MAX_FAILURES) {
        throw new DownloadError(`cannot fetch ${name}: ${error.message}; given up after ${failures} attempts`);
      }
      const wait = error.wait ?? FIRST_WAIT * 2 ** (failures - 1);
      if (wait > LONGEST_WAIT) {
        throw new DownloadError(`cannot fetch ${name}: ${error.message} (Retry-After: ${Math.ceil(wait)} s)`);
      }
      await sleep(wait, signal);
    }
  }
}

export const realSleep: Sleep = (seconds, signal) =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new CancelledError('waiting for a server'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
