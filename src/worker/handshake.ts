import { CancelledError, InvalidInputError, WorkerError } from '../errors.js';
import type { Connect, Hello } from './messages.js';
import { hasResponded, type ModelWorker, onWorkerEnd, watchResponding } from './worker-end.js';

/** How long a worker that has never responded may take to do so, in milliseconds: it may have to be downloaded. */
const DEFAULT_TIMEOUT = 30_000;

/** Milliseconds between two offers. An offer is lost if the script has not imported `fourm/worker` yet. */
const OFFER_INTERVAL = 250;

/** How {@link openPort} waits. */
export interface ConnectOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. */
  readonly timeout?: number | undefined;
}

/**
 * Offers a port to a worker until it responds.
 *
 * @returns the page's end of the port that the worker took
 * @throws InvalidInputError for a timeout that is not a positive number
 * @throws WorkerError if the worker fails, ends, or does not respond in time
 * @throws CancelledError when the signal fires
 */
export function openPort(
  worker: ModelWorker,
  { signal, timeout = DEFAULT_TIMEOUT }: ConnectOptions = {},
): Promise<MessagePort> {
  if (!(typeof timeout === 'number' && timeout > 0)) {
    throw new InvalidInputError(`connectTimeout is a time in milliseconds, above 0, not ${String(timeout)}`);
  }
  return new Promise((resolve, reject) => {
    let port: MessagePort | undefined;
    const stop: (() => void)[] = [];
    const fail = (error: Error) => {
      for (const each of stop) each();
      port?.close();
      reject(error);
    };
    const offer = () => {
      port?.close();
      const { port1, port2 } = new MessageChannel();
      port = port1;
      port1.onmessage = ({ data }: MessageEvent<Hello>) => {
        for (const each of stop) each();
        port1.onmessage = null;
        watchResponding(worker, data.hello.lock);
        resolve(port1);
      };
      worker.postMessage({ connectFourM: port2 } satisfies Connect, [port2] as never[]);
    };
    const abort = () => fail(new CancelledError('connecting to the worker'));
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort);
    stop.push(() => signal?.removeEventListener('abort', abort));
    offer();
    // One that is busy with another model responds when it can, and its end is noticed.
    if (!hasResponded(worker)) {
      const offering = setInterval(offer, OFFER_INTERVAL);
      const waiting = setTimeout(() => fail(notResponding(timeout)), Math.min(timeout, 2 ** 31 - 1));
      stop.push(
        () => clearInterval(offering),
        () => clearTimeout(waiting),
      );
    }
    stop.push(onWorkerEnd(worker, fail));
  });
}

function notResponding(timeout: number): WorkerError {
  return new WorkerError(
    `the worker did not respond within ${timeout / 1000} s: its script does not import 'fourm/worker', or had not yet; ` +
      'connectTimeout is how long to wait',
  );
}
