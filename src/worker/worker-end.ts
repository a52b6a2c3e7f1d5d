/** Detects that a worker has failed or ended, for any reason. */
import { WorkerError } from '../errors.js';

/** A worker of the Web, or of Node. */
export interface ModelWorker {
  /** Sends a message to it, and ports with it. */
  postMessage(message: unknown, transfer: never[]): void;
  /** Of the Web's workers; both kinds report that the script cannot be run, or throws. */
  addEventListener?(type: 'error', listener: (event: { readonly message?: string }) => void): void;
  /** Of Node's workers. */
  readonly on?: {
    (type: 'error', listener: (error: Error) => void): unknown;
    (type: 'exit', listener: (code: number) => void): unknown;
  };
  /** Ends the worker, as `Worker.terminate` does. */
  terminate?(): unknown;
  /** Of Node's workers: negative after the end. */
  readonly threadId?: number;
}

/** Browsers give a page no details of a failed load. */
const NO_SCRIPT =
  "its script, or a module that it imports, was not loaded: not found, no JavaScript, or forbidden by the page's security policy; " +
  "see the browser's console";

/** One for each worker, so that many models in one worker do not add up listeners. */
interface Watch {
  readonly listeners: Set<(error: WorkerError) => void>;
  /** Set when the worker has ended for good. */
  ended?: WorkerError;
  /** Whether {@link watchResponding} was called. */
  responds?: boolean;
}

const watches = new WeakMap<ModelWorker, Watch>();

/** Calls a listener when the worker fails or ends, at once if it has ended. @returns stops that */
export function onWorkerEnd(worker: ModelWorker, listener: (error: WorkerError) => void): () => void {
  const { listeners, ended } = watchOf(worker);
  if (ended) listener(ended);
  else listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether the worker has responded before, and so runs `fourm/worker`. */
export function hasResponded(worker: ModelWorker): boolean {
  return watchOf(worker).responds === true;
}

/**
 * To be called when a worker has responded: browsers report no end of a worker, so the page waits for a lock that the worker holds
 * as long as it lives. Where there are no locks, calls of the worker's `terminate` are noticed.
 *
 * @param lock name of a Web Lock; undefined in Node, whose workers report their end, and where there are none
 */
export function watchResponding(worker: ModelWorker, lock: string | undefined): void {
  const watch = watchOf(worker);
  if (watch.responds) return;
  watch.responds = true;
  const end = () => endOf(watch, 'the worker has ended');
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  if (lock !== undefined && locks)
    locks.request(lock, { mode: 'shared' }, end).catch(() => watchTerminate(worker, end));
  else if (!worker.on) watchTerminate(worker, end);
}

function watchOf(worker: ModelWorker): Watch {
  const known = watches.get(worker);
  if (known) return known;
  const watch: Watch = { listeners: new Set() };
  watches.set(worker, watch);
  const fail = ({ message }: { readonly message?: string }) => {
    tell(watch, new WorkerError(`the worker failed: ${message ?? NO_SCRIPT}`));
  };
  if (worker.addEventListener) worker.addEventListener('error', fail);
  else worker.on?.('error', fail);
  worker.on?.('exit', (code: number) => endOf(watch, `the worker has ended, with exit code ${code}`));
  if (worker.on && (worker.threadId ?? 0) < 0) endOf(watch, 'the worker has ended');
  return watch;
}

function watchTerminate(worker: ModelWorker, end: () => void): void {
  const { terminate } = worker;
  if (!terminate) return;
  worker.terminate = () => {
    end();
    return terminate.call(worker);
  };
}

function endOf(watch: Watch, why: string): void {
  watch.ended ??= new WorkerError(why);
  tell(watch, watch.ended);
}

function tell({ listeners }: Watch, error: WorkerError): void {
  for (const listener of [...listeners]) listener(error);
}
