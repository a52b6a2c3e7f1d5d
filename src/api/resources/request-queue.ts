/**
 * Requests compute one at a time, in the order in which they were made, whatever the model: tfjs computes on one thread, so that
 * side by side they would all end as late as the last, and have to fit into memory together. Only computing is exclusive: a
 * request whose weights are still being downloaded lets the others pass.
 */
import * as tf from '@tensorflow/tfjs-core';
import { BackendError, CancelledError, throwIfCancelled } from '../../errors.js';

/** A request that has not begun to compute. */
interface Waiting {
  /** Whether all that it needs is on this machine. */
  ready: boolean;
  start(): Promise<void>;
}

const waiting: Waiting[] = [];
let busy = false;

/**
 * Computes something as soon as no earlier request that is ready is left.
 *
 * @param what    the request in error messages
 * @param signal  ends the wait at once
 * @param prepare makes the request ready, while others compute; it is ready at once if absent
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
  throw new BackendError("there is nothing to compute with: await useBackend('auto') first");
}
