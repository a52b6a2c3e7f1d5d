import { type FourMError, InvalidInputError, throwIfCancelled, WorkerError, waitOrCancel } from '../errors.js';
import { receivedError } from './errors.js';
import { type ConnectOptions, openPort } from './handshake.js';
import type { Call, Cancel, ListenerCall, Reply, Requests } from './messages.js';
import { type ModelWorker, onWorkerEnd } from './worker-end.js';

/** The page's end of a connection. */
export interface Connection {
  /**
   * Sends a request to the worker.
   *
   * @param what the work, in error messages
   * @throws the worker's errors
   * @throws CancelledError as soon as the signal fires; the worker stops between two steps
   * @throws InvalidInputError for arguments or options that cannot be sent
   * @throws WorkerError if the worker ends
   */
  call<Name extends keyof Requests>(
    request: Name,
    what: string,
    args: Requests[Name]['args'],
    options: Requests[Name]['options'] & { readonly signal?: AbortSignal | undefined },
  ): Promise<Requests[Name]['value']>;
  /** @param reason of later calls to fail */
  close(reason: FourMError): void;
}

/** A call without a reply yet. */
interface Pending {
  readonly listeners: Readonly<Record<string, (argument: unknown) => void>>;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Opens a connection to a worker. @throws as {@link openPort} does */
export async function connect(worker: ModelWorker, options: ConnectOptions = {}): Promise<Connection> {
  const port = await openPort(worker, options);
  const pending = new Map<number, Pending>();
  let calls = 0;
  let broken: FourMError | undefined;
  const breakOff = (reason: FourMError) => {
    broken ??= reason;
    for (const { reject } of pending.values()) reject(broken);
    pending.clear();
  };
  const send = (message: Call | Cancel) => port.postMessage(message);

  const stopWatching = onWorkerEnd(worker, breakOff);
  port.addEventListener('close', () => breakOff(new WorkerError('the worker has ended')));
  port.onmessage = ({ data }: MessageEvent<ListenerCall | Reply>) => {
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

  return {
    async call(request, what, args, { signal, ...options }) {
      if (broken) throw broken;
      throwIfCancelled(signal, what);
      const call = calls++;
      const [listeners, rest] = splitListeners(options);
      const cancel = () => send({ cancel: call });
      try {
        const reply = new Promise<Requests[typeof request]['value']>((resolve, reject) => {
          pending.set(call, { listeners, resolve: resolve as (value: unknown) => void, reject });
        });
        signal?.addEventListener('abort', cancel);
        sendCall(port, { call, request, args, options: rest, listeners: Object.keys(listeners) } as Call, what);
        return await waitOrCancel(reply, signal, what);
      } finally {
        pending.delete(call);
        signal?.removeEventListener('abort', cancel);
      }
    },
    close(reason) {
      breakOff(reason);
      stopWatching();
      port.close();
    },
  };
}

function sendCall(port: MessagePort, call: Call, what: string): void {
  try {
    port.postMessage(call);
  } catch (error) {
    const { message } = error as Error;
    throw new InvalidInputError(`${what}: an argument or option cannot be sent to a worker: ${message}`);
  }
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
