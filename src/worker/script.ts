/** Script of a web or Node worker that runs models: `fourm/worker`. Other messages to the worker are ignored. */
import { FourMError } from '../errors.js';
import type { Connect } from './messages.js';
import { serve } from './serve.js';

function accept(message: Partial<Connect> | undefined): void {
  if (message?.connectFourM) serve(message.connectFourM);
}

const node = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:worker_threads');
if (node?.parentPort) node.parentPort.on('message', accept);
else if ('WorkerGlobalScope' in globalThis) addEventListener('message', ({ data }) => accept(data));
else throw new FourMError('fourm/worker must run in a worker');
