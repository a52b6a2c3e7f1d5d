/**
 * Requests to all models compute one at a time, in order: tfjs computes on one thread, so in parallel all would finish as late
 * as the last and need memory together. Only computing is exclusive: a request that is still downloading lets others pass.
 */
import * as tf from '@tensorflow/tfjs-core';
import { BackendError, CancelledError, throwIfCancelled } from '../../errors.js';

/** A request that has not begun to compute. */
interface Waiting {
  /** Whether everything it needs is downloaded. */
  ready: boolean;
  start(): Promise<void>;
}

const waiting: Waiting[] = [];
let busy = false;

/**
 * Runs a request after all earlier ones that are ready.
 *
 * @param what    the request in error messages
 * @param signal  ends the wait at once
 * @param prepare prepares the request while others compute; absent, it is ready at once
 * @throws CancelledError when the signal fires before it begins
 * @throws BackendError if no backend was chosen
 */
export function enqueue<T>(
  what: string,
  signal: AbortSignal | undefined,
  run: () => Promise<T>,
  prepare?: () => Promise<unknown>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request: Waiting = {
      ready: prepare === undefined,
      async start() {
        signal?.removeEventListener('abort', leave);
        try {
          throwIfCancelled(signal, what);
          checkBackend();
          resolve(await run());
        } catch (error) {
          reject(error);
        }
      },
    };
    const fail = (error: unknown) => {
      signal?.removeEventListener('abort', leave);
      const at = waiting.indexOf(request);
      if (at >= 0) waiting.splice(at, 1);
      reject(error);
    };
    const leave = () => fail(new CancelledError(what));
    if (signal?.aborted) return leave();
    signal?.addEventListener('abort', leave);
    waiting.push(request);
    // Not before the caller has gone on.
    queueMicrotask(startNext);
    if (!prepare) return;
    const preparing = async () => {
      checkBackend();
      await prepare();
    };
    preparing().then(() => {
      request.ready = true;
      startNext();
    }, fail);
  });
}

function startNext(): void {
  if (busy) return;
  const next = waiting.find(({ ready }) => ready);
  if (!next) return;
  waiting.splice(waiting.indexOf(next), 1);
  busy = true;
  next.start().finally(() => {
    busy = false;
    startNext();
  });
}

function checkBackend(): void {
  const { backendName, registryFactory } = tf.engine();
  if (backendName || Object.keys(registryFactory).length > 0) return;
  throw new BackendError("no backend is selected: await useBackend('auto') first");
}
