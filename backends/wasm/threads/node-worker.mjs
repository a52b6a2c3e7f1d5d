/** A thread of Node's. */
import { parentPort, workerData } from 'node:worker_threads';
import { work } from './worker.mjs';

work(workerData, () => parentPort.postMessage('ready'));
