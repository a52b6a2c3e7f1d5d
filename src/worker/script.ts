/** The script of a worker that runs models, of the Web or of Node: `fourm/worker`. What else the worker is sent is not touched. */
import { FourMError } from '../errors.js';
import type { Connect } from './messages.js';
import { serve } from './serve.js';

function accept(message: Partial<Connect> | undefined): void {
  if (message?.connectFourM) serve(message.connectFourM);
}

const node = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:worker_threads');
if (node?.parentPort) node.parentPort.on('message', accept);
else if ('WorkerGlobalScope' in globalThis) addEventListener('message', ({ data }) => accept(data));
else throw new FourMError('fourm/worker is the script of a worker, and this is none');
