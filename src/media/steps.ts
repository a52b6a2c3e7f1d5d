import { pauseOrCancel } from '../errors.js';

/**
 * A computation that yields every few milliseconds, so that the caller can run other work or cancel it.
 */
export type Steps<T> = Generator<void, T, void>;

/** Runs all steps at once. */
export function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * Runs the steps, yielding to the event loop between them.
 *
 * @param what  the work, for the message
 * @throws CancelledError as soon as the signal has fired
 */
export async function runStepsAsync<T>(steps: Steps<T>, signal: AbortSignal | undefined, what: string): Promise<T> {
  for (;;) {
    await pauseOrCancel(signal, what);
    const step = steps.next();
    if (step.done) return step.value;
  }
}
