/** A thread of a page's, or of a worker's. */
import { work } from './worker.mjs';

addEventListener('message', ({ data }) => work(data, () => postMessage('ready')), { once: true });
