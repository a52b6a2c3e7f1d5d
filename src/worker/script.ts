/** Script of a web or Node worker that runs models: `fourm/worker`. Other messages to the worker are ignored. */
import { FourMError } from '../errors.js';
import { heldLock } from './held-lock.js';
import type { Connect, Hello } from './messages.js';
import { serve } from './serve.js';

async function accept(message: Partial<Connect> | undefined): Promise<void> {
  const port = message?.connectFourM;
  if (!port) return;
  serve(port);
  port.postMessage({ hello: { lock: node?.parentPort ? undefined : await heldLock() } } satisfies Hello);
}

const node = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:worker_threads');
if (node?.parentPort) node.parentPort.on('message', accept);
else if ('WorkerGlobalScope' in globalThis) addEventListener('message', ({ data }) => accept(data));
else throw new FourMError('fourm/worker must run in a worker');
