import { WorkerError } from '../errors.js';
import { receivedError } from './errors.js';
import type { Answer, Call, Cancel, Connect, ListenerCall, Requests } from './messages.js';

/** A worker of the Web, or of Node. */
export interface ModelWorker {
  /** Sends a message to it, and ports with it. */
  postMessage(message: unknown, transfer: never[]): void;
  /** Of the Web's workers; both kinds report that the script cannot be run, or throws. */
  addEventListener?(type: 'error', listener: (event: { readonly message?: string }) => void): void;
  /** Of Node's workers. */
  on?(type: 'error', listener: (error: Error) => void): void;
}

/** Browsers give a page no details of a failed load. */
const NO_SCRIPT =
  "its script, or a module that it imports, was not loaded: not found, no JavaScript, or forbidden by the page's security policy; " +
  "the browser's console says which";

/** The page's end of a connection. */
export interface Connection {
  /** Sends a request to the worker. @throws the worker's errors, and WorkerError if the worker ends */
  call<Name extends keyof Requests>(
    request: Name,
    args: Requests[Name]['args'],
    options: Requests[Name]['options'] & { readonly signal?: AbortSignal | undefined },
  ): Promise<Requests[Name]['value']>;
  close(): void;
}

/** A call without an answer yet. */
interface Pending {
  readonly listeners: Readonly<Record<string, (argument: unknown) => void>>;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Opens a connection to a worker. */
export function connect(worker: ModelWorker): Connection {
  const { port1: port, port2: theirs } = new MessageChannel();
  const pending = new Map<number, Pending>();
  let calls = 0;
  let broken: WorkerError | undefined;
  const breakOff = (why: string) => {
    broken ??= new WorkerError(why);
    for (const { reject } of pending.values()) reject(broken);
    pending.clear();
  };
  const send = (message: Call | Cancel) => port.postMessage(message);

  const fail = ({ message }: { readonly message?: string }) => breakOff(`the worker failed: ${message ?? NO_SCRIPT}`);
  if (worker.addEventListener) worker.addEventListener('error', fail);
  else worker.on?.('error', fail);
  port.addEventListener('close', () => breakOff('the worker has ended, or the model was disposed of'));
  port.onmessage = ({ data }: MessageEvent<ListenerCall | Answer>) => {
    const waiting = pending.get(data.call);
    if (!waiting) return;
    if ('value' in data) waiting.resolve(data.value);
    else if ('error' in data) waiting.reject(receivedError(data.error));
    else tell(waiting, data);
  };
  /** An exception of a listener ends the call, as without a worker. */
  const tell = ({ listeners, reject }: Pending, { call, listener, argument }: ListenerCall) => {
    try {
      listeners[listener]!(argument);
    } catch (error) {
      send({ cancel: call });
      reject(error as Error);
    }
  };
  worker.postMessage({ connectFourM: theirs } satisfies Connect, [theirs] as never[]);

  return {
    async call(request, args, { signal, ...options }) {
      if (broken) throw broken;
      const call = calls++;
      const [listeners, rest] = splitListeners(options);
      const cancel = () => send({ cancel: call });
      try {
        return await new Promise((resolve, reject) => {
          pending.set(call, { listeners, resolve: resolve as (value: unknown) => void, reject });
          send({ call, request, args, options: rest, listeners: Object.keys(listeners) } as Call);
          if (signal?.aborted) cancel();
          signal?.addEventListener('abort', cancel);
        });
      } finally {
        pending.delete(call);
        signal?.removeEventListener('abort', cancel);
      }
    },
    close() {
      breakOff('the model was disposed of');
      port.close();
    },
  };
}

/** Splits options into functions to call and all others. */
function splitListeners(options: object): [listeners: Pending['listeners'], rest: object] {
  const isListener = ([name, value]: [string, unknown]) => /^on[A-Z]/.test(name) && typeof value === 'function';
  const entries = Object.entries(options);
  return [
    Object.fromEntries(entries.filter(isListener)),
    Object.fromEntries(entries.filter((entry) => !isListener(entry))),
  ];
}
