/**
 * Requests are done one at a time, in the order in which they come, whatever the model: tfjs computes on one thread, so that side
 * by side they would all end as late as the last, and have to fit into memory together.
 */
import * as tf from '@tensorflow/tfjs-core';
import { BackendError, CancelledError, throwIfCancelled } from '../../errors.js';

let last: Promise<unknown> = Promise.resolve();

/**
 * Does something when all that came before is done, however that ended.
 *
 * @param what   what it is, for errors
 * @param signal while it waits, leaves at once
 * @throws CancelledError when the signal fires before it begins
 * @throws BackendError if there is nothing to compute with
 */
export function enqueue<T>(what: string, signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
  let waiting = true;
  const turn = last.then(() => {
    throwIfCancelled(signal, what);
    checkBackend();
    waiting = false;
    return run();
  });
  last = turn.catch(() => {});
  if (!signal) return turn;
  return new Promise((resolve, reject) => {
    const leave = () => {
      if (waiting) reject(new CancelledError(what));
    };
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave);
    turn.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

function checkBackend(): void {
  const { backendName, registryFactory } = tf.engine();
  if (backendName || Object.keys(registryFactory).length > 0) return;
  throw new BackendError("there is nothing to compute with: await useBackend('auto') first");
}
